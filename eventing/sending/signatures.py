"""How a webhook proves where it comes from: Standard Webhooks, or the header of Heroku's.

A signature is made when something is sent, of the secrets that hold then; so what is tried again
after a rotation carries the new one too.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from core.sealing import SealedUse

PREFIX: Final = "whsec_"
BYTES: Final = 32
_USE: Final = SealedUse("counterfoil webhook secrets")


def new_secret() -> str:
    """A secret as its receiver keeps it: whsec_ and base64 of 32 random bytes."""
    return PREFIX + base64.b64encode(os.urandom(BYTES)).decode()


def sealed(secret: str) -> str:
    """A secret as it is stored: encrypted under the installation's secret key."""
    return _USE.sealed(secret)


def opened(stored: str) -> str:
    """A stored secret; keys that were replaced (SECRET_KEY_FALLBACKS) still open it."""
    return _USE.opened(stored)


def standard_headers(
    secrets: Sequence[str], *, id: str, at: datetime, body: bytes
) -> dict[str, str]:
    """The three headers of Standard Webhooks, one signature for each secret, the newest first."""
    seconds = str(int(at.timestamp()))
    signed = b".".join((id.encode(), seconds.encode(), body))
    signatures = (
        base64.b64encode(hmac.digest(_key(each), signed, hashlib.sha256)).decode()
        for each in secrets
    )
    return {
        "webhook-id": id,
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(f"v1,{each}" for each in signatures),
    }


def heroku_headers(secrets: Sequence[str], *, id: str, body: bytes) -> dict[str, str]:
    """Heroku's header; it holds one signature, that of the newest secret, whose text is the key."""
    signature = hmac.digest(secrets[0].encode(), body, hashlib.sha256)
    return {
        "Heroku-Webhook-Hmac-SHA256": base64.b64encode(signature).decode(),
        "webhook-id": id,
    }


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(PREFIX))
