"""How many seats a stretch of time counts: a step function, and three ways to look at it. Pure.

By average every second counts, by day the most there were on a local day counts for all of it:
both come as seconds of seats, which a price divides by its period. By high water the most there
were at once counts for the whole stretch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from accounts.queries.profiles import ZoneSpan
from billing.rating import SeatCount
from core.periods import Period
from usage.days import days_of, period_of_day

_MICRO = Decimal(1_000_000)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SeatSpan:
    """So many seats during [start, end); an open end is None. Spans may overlap and add up."""

    start: datetime
    end: datetime | None
    count: int


def known_at(spans: Sequence[SeatSpan], at: datetime) -> list[SeatSpan]:
    """The spans as they are known at an instant: what has not ended before it runs on."""
    return [
        replace(each, end=None) if each.end is not None and each.end >= at else each
        for each in spans
        if each.start < at
    ]


def levels(spans: Sequence[SeatSpan], within: Period) -> list[tuple[Period, int]]:
    """How many seats there are at each time within a period, in order of time."""
    bounds = {
        at
        for each in spans
        for at in (each.start, each.end)
        if at is not None and within.start < at < within.end
    }
    return [
        (
            part,
            sum(
                each.count
                for each in spans
                if each.start <= part.start and (each.end is None or part.start < each.end)
            ),
        )
        for part in within.split(*bounds)
    ]


def counted(
    spans: Sequence[SeatSpan], within: Period, count: SeatCount, *, zones: Sequence[ZoneSpan]
) -> Decimal:
    """What a price of seats counts within a period: seats, or seconds of seats."""
    found = levels(spans, within)
    if count is SeatCount.HIGH_WATER:
        return Decimal(max(level for _, level in found))
    if count is SeatCount.DAY:
        found = _by_day(found, within, zones)
    return sum((part.microseconds * level / _MICRO for part, level in found), Decimal(0))


def _by_day(
    found: Sequence[tuple[Period, int]], within: Period, zones: Sequence[ZoneSpan]
) -> list[tuple[Period, int]]:
    """Each local day with the most there were at once in it."""
    day, end = days_of(zones, within)
    most: list[tuple[Period, int]] = []
    place = 0
    while day < end:
        part = period_of_day(zones, day).intersect(within)
        day += _DAY
        if part is None:
            continue
        while found[place][0].end <= part.start:
            place += 1
        here, highest = place, 0
        while here < len(found) and found[here][0].start < part.end:
            highest = max(highest, found[here][1])
            here += 1
        most.append((part, highest))
    return most
