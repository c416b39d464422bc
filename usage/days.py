"""Which local day of an account an instant belongs to, and which instants a run of days holds.

Owns the use of versioned billing zones: the zone in force at the instant decides. Where boundaries
lie is core.periods alone. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from core.periods import Period, local_day, local_midnight

DEFAULT_ZONE = "UTC"
_DAY = timedelta(days=1)
_BLOCK = 900
_LAST = timedelta(seconds=_BLOCK, microseconds=-1)
_CACHE_MAX = 200_000
_cache: dict[tuple[str, int], date | None] = {}


@dataclass(frozen=True, slots=True)
class ZoneSpan:
    """The zone of an account during [valid_from, valid_until)."""

    zone: str
    valid_from: datetime
    valid_until: datetime | None


def zone_at(spans: Sequence[ZoneSpan], at: datetime) -> str:
    """The account's zone at an instant. Outside every profile the nearest one counts."""
    if not spans:
        return DEFAULT_ZONE
    if len(spans) > 1:
        for span in reversed(spans):
            if span.valid_from <= at:
                return span.zone
    return spans[0].zone


def day_at(zone: str, at: datetime) -> date:
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


def periods_of(spans: Sequence[ZoneSpan], day_from: date, day_until: date) -> list[Period]:
    """The instants that belong to the local days [day_from, day_until), in order.

    One period, unless the account's zone changed in between.
    """
    found: list[Period] = []
    for start, end, zone in _eras(spans):
        first, last = local_midnight(day_from, zone), local_midnight(day_until, zone)
        first = first if start is None else max(first, start)
        last = last if end is None else min(last, end)
        if first < last:
            found.append(Period(first, last))
    return found


def periods_of_day(spans: Sequence[ZoneSpan], day: date) -> Sequence[Period]:
    """periods_of a single day, remembered for accounts that have always had one zone."""
    if len(spans) > 1:
        return periods_of(spans, day, day + _DAY)
    return (_whole_day(spans[0].zone if spans else DEFAULT_ZONE, day),)


@lru_cache(maxsize=16_384)
def _whole_day(zone: str, day: date) -> Period:
    return Period(local_midnight(day, zone), local_midnight(day + _DAY, zone))


def _eras(
    spans: Sequence[ZoneSpan],
) -> list[tuple[datetime | None, datetime | None, str]]:
    """The zones with the instants between which each holds; they tile all time, as zone_at does."""
    if not spans:
        return [(None, None, DEFAULT_ZONE)]
    starts = [None, *(span.valid_from for span in spans[1:])]
    ends = [*(span.valid_from for span in spans[1:]), None]
    return [(start, end, span.zone) for start, end, span in zip(starts, ends, spans, strict=True)]
