"""How often one client may ask, for tokens and for anything: counted in windows in the cache.

Failures count for a client id from one address, so that nobody locks a partner out by failing in
its name; and for an address, so that nobody tries ids without end.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.core.cache import cache


@dataclass(frozen=True, slots=True)
class RateLimit:
    """So many in so many seconds."""

    name: str
    amount: int
    seconds: int


TOKENS_OF_A_CLIENT: Final = RateLimit("token", 120, 60)
FAILURES_OF_A_CLIENT: Final = RateLimit("token-failed-client", 10, 60)
FAILURES_OF_AN_ADDRESS: Final = RateLimit("token-failed-address", 100, 60)

CountedFor = tuple[RateLimit, str]


def seconds_to_wait(counted: Iterable[CountedFor], *, at: datetime) -> int:
    """How long until none of these is used up; 0 where it may go on."""
    waits = [
        limit.seconds - int(at.timestamp()) % limit.seconds
        for limit, of in counted
        if cache.get(_key(limit, of, at), 0) >= limit.amount
    ]
    return max(waits, default=0)


def count(counted: Iterable[CountedFor], *, at: datetime) -> None:
    """Note one more of each."""
    for limit, of in counted:
        key = _key(limit, of, at)
        if cache.add(key, 1, limit.seconds):
            continue
        try:
            cache.incr(key)
        except ValueError:
            # The window ended, or the cache changed places, between the two.
            cache.set(key, 1, limit.seconds)


def counted_now(counted: CountedFor, *, at: datetime) -> int:
    """Note one more, and say how many it makes."""
    limit, of = counted
    key = _key(limit, of, at)
    try:
        return int(cache.incr(key))
    except ValueError:
        # The first of its window; where another was quicker, it is one of two firsts.
        cache.add(key, 1, limit.seconds)
        return 1


def _key(limit: RateLimit, of: str, at: datetime) -> str:
    window = int(at.timestamp()) // limit.seconds
    digest = hashlib.sha256(of.encode("utf-8", "surrogatepass")).hexdigest()
    return f"limit:{limit.name}:{window}:{digest}"
