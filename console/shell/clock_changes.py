"""Where a clock is set forward or back within a period, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from billing.rating.exact import number_text
from console.shell import formats
from console.shell.numbers import number
from core.periods import Period

_HOUR = timedelta(hours=1)


def clock_changes(period: Period, zone: str, whole: str = "period") -> Iterator[str]:
    """A sentence for each day on which the clock of a zone is changed; `whole` is what the period
    is called."""
    hours = number(number_text(Fraction(period.microseconds, 3_600_000_000)))
    start = period.start
    while start < period.end:
        end = min(start + _HOUR, period.end)
        moved = _offset(end, zone) - _offset(start, zone)
        if moved and end < period.end:
            way = "forward" if moved > timedelta() else "back"
            length = formats.duration_text(abs(moved) // timedelta(seconds=1))
            day = formats.date_text(end.astimezone(ZoneInfo(zone)).date()).rsplit(" ", 1)[0]
            yield (
                f"The clock in {zone} goes {way} by {length} on {day}, so the {whole} has "
                f"{hours} hours."
            )
        start = end


def _offset(instant: datetime, zone: str) -> timedelta:
    return instant.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()
