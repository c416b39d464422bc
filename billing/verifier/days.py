"""Instants, local days and shares of a period, found by looking.

Slow and obvious on purpose. Knows documents' ways to write a time, nothing of prices.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

Document = dict[str, Any]
Span = tuple[datetime, datetime]


def period_of(fields: Document | None) -> tuple[str, datetime | None, datetime | None]:
    """Return the zone, the first instant, and the instant after the last, of a billing period."""
    if fields is None:
        return "UTC", None, None
    zone = fields.get("zone") or "UTC"
    if fields.get("anchor") is None:
        return zone, instant(fields["from"], zone), instant(fields["until"], zone)
    months, number = fields.get("months") or 1, fields.get("number") or 0
    anchor = datetime.fromisoformat(fields["anchor"])
    if fields.get("days") is not None:
        first, length = number * int(fields["days"]), int(fields["days"])
        start, end = (anchor + timedelta(days=each) for each in (first, first + length))
        return zone, midnight(start, zone), midnight(end, zone)
    start = months_later(anchor, number * months)
    end = months_later(anchor, (number + 1) * months)
    return zone, midnight(start, zone), midnight(end, zone)


def months_later(anchor: datetime, months: int) -> datetime:
    """Return the same day so many months later, or the last day of a month that is too short."""
    count = anchor.year * 12 + anchor.month - 1 + months
    year, month = count // 12, count % 12 + 1
    last = monthrange(year, month)[1]
    return anchor.replace(year=year, month=month, day=min(anchor.day, last))


def instant(text: str, zone: str) -> datetime:
    """Read a day (its local midnight) or an instant with an offset."""
    if len(text) == len("2026-01-01"):
        return midnight(datetime.fromisoformat(text), zone)
    return datetime.fromisoformat(text).astimezone(UTC)


@lru_cache(maxsize=4_096)
def midnight(day: datetime, zone: str) -> datetime:
    """Return the first instant at which the zone's wall clock shows the day or a later one.

    Starts two days before and walks: by the hour, then by the minute, then by the second.
    """
    found = day.replace(tzinfo=UTC) - timedelta(days=2)
    for step in (timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)):
        while wall_clock(found + step, zone) < day:
            found += step
    return found + timedelta(seconds=1)


def wall_clock(at: datetime, zone: str) -> datetime:
    """Return what a clock in the zone shows."""
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def seconds(start: datetime, end: datetime) -> Fraction:
    """Return the exact length in seconds."""
    return Fraction((end - start) // timedelta(microseconds=1), 1_000_000)


def share(
    by: str, active: Span | None, period: Any, zone: str, away: Sequence[Span | None] = ()
) -> Fraction:
    """Return the part of the period that the active time is, without the gaps in it; the whole when
    not prorated.
    """
    if by == "none" or active is None:
        return Fraction(1)
    there = length(by, active, zone) - sum(length(by, gap, zone) for gap in away if gap)
    return Fraction(there) / length(by, period, zone)


def length(by: str, span: Span, zone: str) -> Fraction:
    """Return how long a part of a period is, in seconds or days."""
    if by == "second":
        return seconds(*span)
    return Fraction(day_number(span[1], zone, by) - day_number(span[0], zone, by))


def day_number(at: datetime, zone: str, by: str) -> int:
    """Number the local day an instant lies in; for 30-day months as if every month had 30."""
    day = wall_clock(at, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    if at >= midnight(day + timedelta(days=1), zone):
        day += timedelta(days=1)
    if by == "thirty_day_month":
        return (day.year * 12 + day.month) * 30 + min(day.day, 30)
    return day.toordinal()
