"""One thing that is looked at to say whether the system keeps up. Names no customer and no amount,
since whoever watches the processes may read it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Health(StrEnum):
    """`late`: work waits longer than it should, and nothing is lost. `down`: nothing can be done
    without it.
    """

    OK = "ok"
    LATE = "late"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at; `since` is when the oldest of what waits began to wait."""

    name: str
    health: Health
    detail: str
    since: datetime | None = None


def waiting(name: str, *, since: datetime | None, at: datetime, allowed: timedelta) -> Check:
    """A check of work that may wait for `allowed`; `since` None: nothing waits."""
    if since is None or at - since <= allowed:
        return Check(name, Health.OK, "Nothing waits too long.", since)
    minutes = int((at - since).total_seconds() // 60)
    return Check(name, Health.LATE, f"The oldest has waited for {minutes:,} minutes.", since)
