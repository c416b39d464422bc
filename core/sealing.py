"""Secrets that must be read again, as they are stored: encrypted under the installation's key.

Each use has a key of its own, derived from SECRET_KEY, so that what is sealed for one is never
opened as another. Keys that were replaced (SECRET_KEY_FALLBACKS) still open.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


@dataclass(frozen=True, slots=True)
class SealedUse:
    """What secrets are for; the name is part of the key and never changes."""

    name: str

    def sealed(self, secret: str) -> str:
        """A secret as it is stored."""
        return self._sealer().encrypt(secret.encode()).decode()

    def opened(self, stored: str) -> str:
        """A stored secret; what no key opens is an error of cryptography’s own."""
        return self._sealer().decrypt(stored.encode()).decode()

    def _sealer(self) -> MultiFernet:
        keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
        return MultiFernet([Fernet(self._key(str(each))) for each in keys])

    def _key(self, key: str) -> bytes:
        use = self.name.encode() + b"\0"
        return base64.urlsafe_b64encode(hashlib.sha256(use + key.encode()).digest())
