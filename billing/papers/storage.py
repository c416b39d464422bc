"""Where the bytes of papers are kept: a Django storage chosen by setting (`STORAGES["papers"]`).

A file is kept under its digest, so the same bytes are one file, nothing is ever written over, and
what is read is compared with its name.
"""

from __future__ import annotations

import hashlib

from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages

from core.errors import Conflict


class PaperLost(Conflict):
    """The stored bytes are not there, or are not what was stored."""

    code = "paper_bytes_lost"
    title = "The stored file is not what was made"


def digest_of(content: bytes) -> str:
    """SHA-256, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def keep(content: bytes, *, ending: str) -> tuple[str, str]:
    """Keep bytes; returns their place and their SHA-256. Keeping them again changes nothing."""
    sha256 = digest_of(content)
    path = f"{sha256[:2]}/{sha256[2:4]}/{sha256}.{ending}"
    store = _store()
    if store.exists(path):
        if _digest(store, path) == sha256:
            return path, sha256
        # Whoever wrote it died over it: a name is a digest, so nothing else can belong here.
        store.delete(path)
    store.save(path, ContentFile(content))
    return path, sha256


def read(path: str, *, sha256: str) -> bytes:
    """The bytes as they were made. Raises: PaperLost."""
    store = _store()
    if not store.exists(path):
        raise PaperLost(f"The file {path} is not in the storage of papers. It can be made again.")
    with store.open(path) as opened:
        content: bytes = opened.read()
    if digest_of(content) != sha256:
        raise PaperLost(f"The file {path} does not have the digest it was stored with.")
    return content


def is_kept(path: str, *, sha256: str) -> bool:
    """Whether the bytes are there, and are those that were made."""
    store = _store()
    return store.exists(path) and _digest(store, path) == sha256


def _digest(store: Storage, path: str) -> str:
    with store.open(path) as opened:
        return digest_of(opened.read())


def _store() -> Storage:
    return storages["papers"]
