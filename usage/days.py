"""Which local day of an account an instant belongs to, and which instants a run of days holds.

Owns the use of versioned billing zones. The zone in force decides, but a day that has begun is over
only when the next one begins: where the clock is set back by a move west, the hours that the wall
clock shows again stay with the later day, as they do at a clock change. So whatever zones an
account has had, its days tile all time, and every instant belongs to one of them. Where midnights
lie is core.periods alone. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise

from accounts.queries.profiles import ZoneSpan
from core.periods import Period, local_day, local_midnight

__all__ = [
    "DEFAULT_ZONE",
    "ZoneSpan",
    "day_at",
    "day_starts",
    "days_of",
    "period_of",
    "period_of_day",
    "zone_at",
]

DEFAULT_ZONE = "UTC"
_DAY, _INSTANT = timedelta(days=1), timedelta(microseconds=1)
_BLOCK = 900
_LAST = timedelta(seconds=_BLOCK, microseconds=-1)
_CACHE_MAX = 200_000
_cache: dict[tuple[str, int], date | None] = {}


def zone_at(spans: Sequence[ZoneSpan], at: datetime) -> str:
    """The account's zone at an instant. Outside every profile the nearest one counts."""
    if not spans:
        return DEFAULT_ZONE
    if len(spans) > 1:
        for span in reversed(spans):
            if span.valid_from <= at:
                return span.zone
    return spans[0].zone


def day_at(spans: Sequence[ZoneSpan], at: datetime) -> date:
    """The account's local day of an instant: the last that has begun by then."""
    day = _day_in(zone_at(spans, at), at)
    if len(spans) > 1:
        for earlier, later in pairwise(spans):
            if at < later.valid_from:
                break
            if earlier.zone != later.zone:
                day = max(day, _day_in(earlier.zone, later.valid_from))
    return day


def day_starts(spans: Sequence[ZoneSpan], day: date) -> datetime:
    """The first instant of a local day of an account; a day that was skipped has the next one's.

    A day whose midnight is the very instant of a move has begun by it.
    """
    if len(spans) == 1:
        return local_midnight(day, spans[0].zone)
    for start, end, zone in _eras(spans):
        midnight = local_midnight(day, zone)
        first = midnight if start is None else max(midnight, start)
        if end is None or first <= end:
            return first
    raise AssertionError("the last zone has no end")


def period_of(spans: Sequence[ZoneSpan], day_from: date, day_until: date) -> Period | None:
    """The instants of the local days [day_from, day_until); None where all of them were skipped."""
    start, end = day_starts(spans, day_from), day_starts(spans, day_until)
    return Period(start, end) if start < end else None


def days_of(spans: Sequence[ZoneSpan], period: Period) -> tuple[date, date]:
    """The local days a period touches: the first, and the first after it."""
    return day_at(spans, period.start), day_at(spans, period.end - _INSTANT) + _DAY


def period_of_day(spans: Sequence[ZoneSpan], day: date) -> Period:
    """The instants of a day that was not skipped, remembered where the zone never changed."""
    if len(spans) > 1:
        return Period(day_starts(spans, day), day_starts(spans, day + _DAY))
    return _whole_day(spans[0].zone if spans else DEFAULT_ZONE, day)


@lru_cache(maxsize=16_384)
def _whole_day(zone: str, day: date) -> Period:
    return Period(local_midnight(day, zone), local_midnight(day + _DAY, zone))


def _day_in(zone: str, at: datetime) -> date:
    """core.periods.local_day, remembered for each quarter of an hour."""
    number = int(at.timestamp()) // _BLOCK
    day = _cache.get((zone, number))
    if day is not None:
        return day
    start = datetime.fromtimestamp(number * _BLOCK, UTC)
    day = local_day(start, zone)
    if local_day(start + _LAST, zone) != day:
        return local_day(at, zone)
    if len(_cache) > _CACHE_MAX:
        _cache.clear()
    _cache[zone, number] = day
    return day


def _eras(spans: Sequence[ZoneSpan]) -> Iterator[tuple[datetime | None, datetime | None, str]]:
    """The zones with the instants between which each holds; they tile all time, as zone_at does."""
    if not spans:
        yield None, None, DEFAULT_ZONE
        return
    starts = [None, *(span.valid_from for span in spans[1:])]
    ends = [*(span.valid_from for span in spans[1:]), None]
    for start, end, span in zip(starts, ends, spans, strict=True):
        yield start, end, span.zone
