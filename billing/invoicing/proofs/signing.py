"""Signing proofs with Ed25519, so that a proof shown later is known to be ours and unchanged.

Owns the signature's form. Does not own where the key is kept: callers pass its 32 secret bytes.
What is signed is said by `billing.verifier`, so signer and checker cannot drift apart.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from billing.verifier.keys import key_id, x_of
from billing.verifier.proofs import canonical


def sign(proof: Mapping[str, Any], secret: bytes) -> dict[str, Any]:
    """Return the proof with its signature; signing again replaces it.

    `secret` is the raw private key. Raises: ValueError when it is not 32 bytes.
    """
    key = Ed25519PrivateKey.from_private_bytes(secret)
    signed = {name: value for name, value in proof.items() if name != "signature"}
    return signed | {
        "signature": {
            "algorithm": "Ed25519",
            "key_id": key_id(_public_bytes(secret)),
            "public_key": public_key(secret),
            "value": base64.b64encode(key.sign(canonical(signed))).decode(),
        }
    }


def public_key(secret: bytes) -> str:
    """Return the public key to publish, in base64."""
    return base64.b64encode(_public_bytes(secret)).decode()


def key_set(secret: bytes, retired: Iterable[bytes] = ()) -> dict[str, Any]:
    """The keys to publish as a JSON Web Key Set: the one that signs now, then the retired ones.

    `retired` are public keys: they sign nothing any more, and what they signed still holds.
    """
    keys = dict.fromkeys([_public_bytes(secret), *retired])
    return {
        "keys": [
            {
                "kty": "OKP",
                "crv": "Ed25519",
                "alg": "EdDSA",
                "use": "sig",
                "kid": key_id(key),
                "x": x_of(key),
            }
            for key in keys
        ]
    }


def _public_bytes(secret: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()
