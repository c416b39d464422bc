"""Published keys: which public keys a proof may be signed with.

Owns the two ways to name them: one key in base64, or the published key set, a JSON Web Key Set
(RFC 7517) of Ed25519 keys (RFC 8037). An old key stays in the set, so what it signed still holds.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from typing import Any

KEY_BYTES = 32


def trusted_keys(text: str) -> frozenset[str]:
    """Read a key in base64, or a key set, into keys in base64.

    Raises: ValueError where it is neither, or the set holds no Ed25519 key.
    """
    if not text.lstrip().startswith("{"):
        return frozenset({_key_text(base64.b64decode(text.strip(), validate=True))})
    entries = json.loads(text).get("keys")
    if not isinstance(entries, list):
        raise ValueError("The key set has no list of keys.")
    found = frozenset(_key_text(_unpadded(entry["x"])) for entry in entries if _is_ours(entry))
    if not found:
        raise ValueError("The key set holds no Ed25519 key.")
    return found


def key_id(public_key: bytes) -> str:
    """The id of a public key: its thumbprint (RFC 7638), so it is the same wherever it is named."""
    members = {"crv": "Ed25519", "kty": "OKP", "x": x_of(public_key)}
    text = json.dumps(members, sort_keys=True, separators=(",", ":"))
    return _url_text(hashlib.sha256(text.encode()).digest())


def x_of(public_key: bytes) -> str:
    """A public key as a key set writes it."""
    return _url_text(public_key)


def _is_ours(entry: Any) -> bool:
    """Whether an entry is an Ed25519 key; a set may hold others."""
    return (
        isinstance(entry, dict)
        and (entry.get("kty"), entry.get("crv")) == ("OKP", "Ed25519")
        and isinstance(entry.get("x"), str)
    )


def _key_text(key: bytes) -> str:
    if len(key) != KEY_BYTES:
        raise ValueError(f"An Ed25519 key has {KEY_BYTES} bytes, not {len(key)}.")
    return base64.b64encode(key).decode()


def _unpadded(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("A key of the set is not base64url.") from error


def _url_text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")
