"""Signing proofs with Ed25519, so that a proof shown later is known to be ours and unchanged.

Owns the signature's form. Does not own where the key is kept: callers pass its 32 secret bytes.
What is signed is said by `billing.verifier`, so signer and checker cannot drift apart.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

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
            "public_key": public_key(secret),
            "value": base64.b64encode(key.sign(canonical(signed))).decode(),
        }
    }


def public_key(secret: bytes) -> str:
    """Return the public key to publish, in base64."""
    key = Ed25519PrivateKey.from_private_bytes(secret)
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()
