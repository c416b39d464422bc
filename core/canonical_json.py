"""The canonical form of plain values, and its SHA-256: sorted keys, no spaces, UTF-8."""

import hashlib
from typing import Any

from msgspec.json import Encoder

_encode = Encoder(order="sorted").encode


def digest_of_plain(value: Any) -> str:
    """SHA-256, in hexadecimal, of text, whole numbers up to 64 bits, lists and mappings."""
    return hashlib.sha256(_encode(value)).hexdigest()


def canonical_bytes(value: Any) -> bytes:
    """The canonical form itself."""
    return _encode(value)
