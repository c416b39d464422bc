"""How the secrets of partners' credentials are kept: a salted SHA-256.

A slow hash protects what people think of. These secrets are 128 random letters and digits that we
made: nobody guesses one, however fast a guess is, and a slow hash would only cost us a quarter of a
second for every token and every attempt. Passwords of people never come here.
"""

from __future__ import annotations

import hashlib
from typing import Any

from django.contrib.auth.hashers import BasePasswordHasher
from django.utils.crypto import constant_time_compare


class GeneratedSecretHasher(BasePasswordHasher):
    """For PASSWORD_HASHERS, last there: the first is for passwords."""

    algorithm = "generated_sha256"

    def encode(self, password: str, salt: str) -> str:
        self._check_encode_args(password, salt)  # type: ignore[attr-defined]  # stubs lack it
        digest = hashlib.sha256(f"{salt}:{password}".encode("utf-8", "surrogatepass")).hexdigest()
        return f"{self.algorithm}${salt}${digest}"

    def decode(self, encoded: str) -> dict[str, Any]:
        algorithm, salt, digest = encoded.split("$", 2)
        return {"algorithm": algorithm, "salt": salt, "hash": digest}

    def verify(self, password: str, encoded: str) -> bool:
        return constant_time_compare(encoded, self.encode(password, self.decode(encoded)["salt"]))

    def safe_summary(self, encoded: str) -> dict[Any, Any]:
        return {"algorithm": self.algorithm}

    def harden_runtime(self, password: str, encoded: str) -> None:
        """Nothing: every secret costs the same."""
