"""What is done with whoever was let in: how often they may ask, and that they did.

Requests are counted by minute, for each credential and each person, in the cache. Where it is away
each process counts for itself: then more is let through, and nobody is refused for it. Events are
not counted here: a sender is bounded by what a request may bring.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import connection
from django.http import HttpRequest

from api.limits import RateLimit, counted_now
from core.clock import now
from core.errors import DomainError

_WINDOW_SECONDS: Final = 60
_NOTED_SECONDS: Final = 60
_NOTED_MAX: Final = 10_000
_ALLOWANCE: Final = "_counterfoil_allowance"
_NOTE: Final = """
    INSERT INTO api_credentialuse (credential_id, last_used_at)
    SELECT id, %s FROM accounts_partnercredential WHERE public_id = %s
    ON CONFLICT (credential_id) DO UPDATE SET last_used_at = EXCLUDED.last_used_at
    WHERE api_credentialuse.last_used_at < EXCLUDED.last_used_at
"""


class RateLimited(DomainError):
    """A caller asked more often than it may."""

    code = "rate_limited"
    title = "Too many requests"
    status = 429
    retryable = True

    def __init__(self, allowance: Allowance) -> None:
        super().__init__(
            f"{allowance.limit:,} requests a minute are answered; go on in {allowance.resets_in} s."
        )
        self.headers = {"Retry-After": str(allowance.resets_in), **allowance.headers}


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many requests a caller has in the present minute, how many are left, and its end."""

    limit: int
    left: int
    resets_at: datetime
    resets_in: int

    @property
    def headers(self) -> dict[str, str]:
        """As every answer says it."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.left),
            "RateLimit-Reset": str(self.resets_in),
        }


class UseNotes:
    """What this process noted of late, so that a credential in use costs a statement a minute."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._noted: dict[str, float] = {}

    def note(self, credential_id: str, *, at: datetime) -> None:
        """Write down that a credential was used, unless it was within the minute."""
        since = self._noted.get(credential_id)
        if since is not None and self._monotonic() - since < _NOTED_SECONDS:
            return
        if len(self._noted) >= _NOTED_MAX:
            self._noted.clear()
        with connection.cursor() as cursor:
            cursor.execute(_NOTE, [at, credential_id])
        self._noted[credential_id] = self._monotonic()


uses: Final = UseNotes()


def admit(request: HttpRequest, caller: str) -> None:
    """Count one request of a caller. Raises: RateLimited."""
    limit = RateLimit("requests", settings.API_REQUESTS_A_MINUTE, _WINDOW_SECONDS)
    at = now()
    count = counted_now((limit, caller), at=at)
    passed = at.timestamp() % _WINDOW_SECONDS
    resets_in = max(1, round(_WINDOW_SECONDS - passed))
    resets_at = at + timedelta(seconds=_WINDOW_SECONDS - passed)
    allowance = Allowance(limit.amount, max(0, limit.amount - count), resets_at, resets_in)
    setattr(request, _ALLOWANCE, allowance)
    if count > limit.amount:
        raise RateLimited(allowance)


def allowance_of(request: HttpRequest) -> Allowance | None:
    """What is left to whoever asked; None where nobody was let in."""
    found: Allowance | None = getattr(request, _ALLOWANCE, None)
    return found
