"""When something is tried again, and when an endpoint is left alone. Pure.

Times are those of Standard Webhooks' recommendation, with jitter, so that what failed together is
not tried again together.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

RETRY_AFTER_SECONDS: Final = (
    5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400
)  # fmt: skip
"""5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h: over three days in all."""
CHANCES: Final = 1_000
"""What decides the jitter is a whole number below this; a wait is up to a fifth longer."""
DISABLED_AFTER: Final = timedelta(hours=120)
"""Nothing but failure for so long disables an endpoint."""
BREAKS_AT: Final = 5
PAUSE_FIRST: Final = timedelta(seconds=30)
PAUSE_MAX: Final = timedelta(minutes=15)
ASKED_WAIT_MAX: Final = timedelta(hours=24)
SLOW_MS: Final = 3_000
"""An endpoint that takes longer is served beside the others, and one at a time."""

GONE: Final = 410
THROTTLED: Final = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Next:
    """What becomes of a delivery that failed: when it is tried again, or never."""

    retry_at: datetime | None
    pause_until: datetime | None
    """Nothing is sent to the endpoint until then."""


def after_failure(
    *,
    at: datetime,
    tries: int,
    failures: int,
    status: int | None,
    retry_after: str,
    chance: int,
) -> Next:
    """What follows a failure: the delivery's `tries`-th, its endpoint's `failures`-th in a row.

    `chance` is below CHANCES and decides the jitter.
    """
    asked = asked_wait(retry_after, at=at)
    pause = _pause(at, failures, status, asked)
    if tries > len(RETRY_AFTER_SECONDS):
        return Next(None, pause)
    least = timedelta(seconds=RETRY_AFTER_SECONDS[tries - 1])
    wait = least + least * chance / (5 * CHANCES)
    retry_at = at + max(wait, asked or timedelta())
    return Next(retry_at, pause)


def asked_wait(text: str, *, at: datetime) -> timedelta | None:
    """What a Retry-After asks for, in seconds or as a date, at most a day; None if no sense."""
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) <= 9:
        return min(timedelta(seconds=int(text)), ASKED_WAIT_MAX)
    try:
        until = parsedate_to_datetime(text)
        wait = until - at
    except (ValueError, TypeError):
        return None
    return min(max(wait, timedelta()), ASKED_WAIT_MAX)


def _pause(
    at: datetime, failures: int, status: int | None, asked: timedelta | None
) -> datetime | None:
    """Who is overloaded is left alone as it asks; who fails on and on, for longer each time."""
    if status in THROTTLED:
        return at + (asked or _longer(failures))
    if failures >= BREAKS_AT:
        return at + _longer(failures - BREAKS_AT + 1)
    return None


def _longer(times: int) -> timedelta:
    return min(PAUSE_FIRST * (1 << min(max(times - 1, 0), 10)), PAUSE_MAX)
