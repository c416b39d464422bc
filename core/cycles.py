"""Cycles: runs of days, weeks, months, quarters, half years or years, counted from an anchor day.

Owns on which day cycle n begins, and which cycle a day lies in. Which instant a day begins at is
its account's own matter. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from core.periods import OutsideCalendar, month_day


class CycleUnit(StrEnum):
    """What a cycle is so many of."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"


_DAYS: Final = MappingProxyType({CycleUnit.DAY: 1, CycleUnit.WEEK: 7})
_MONTHS: Final = MappingProxyType(
    {CycleUnit.MONTH: 1, CycleUnit.QUARTER: 3, CycleUnit.HALF_YEAR: 6, CycleUnit.YEAR: 12}
)
_WORDS: Final = MappingProxyType(
    {
        CycleUnit.DAY: ("daily", "days"),
        CycleUnit.WEEK: ("weekly", "weeks"),
        CycleUnit.MONTH: ("monthly", "months"),
        CycleUnit.QUARTER: ("quarterly", "quarters"),
        CycleUnit.HALF_YEAR: ("half-yearly", "half years"),
        CycleUnit.YEAR: ("yearly", "years"),
    }
)


@dataclass(frozen=True, slots=True)
class Cycle:
    """`every` so many units long. Cycle 0 begins on the anchor; numbers may be negative.

    Cycles of months are counted from the anchor and clamped to the length of the month, never from
    the cycle before, so that one anchored on the 31st returns to the 31st after February.
    """

    unit: CycleUnit
    every: int = 1

    def starts_on(self, anchor: date, n: int) -> date:
        """The first day of cycle n. Raises: OutsideCalendar."""
        if self.unit in _MONTHS:
            return month_day(anchor, n * self.every * _MONTHS[self.unit])
        try:
            return anchor + timedelta(days=n * self.every * _DAYS[self.unit])
        except OverflowError:
            message = f"Cycle {n} from {anchor.isoformat()} lies outside the calendar."
            raise OutsideCalendar(message) from None

    def number_on(self, anchor: date, day: date) -> int:
        """The number of the cycle that a day lies in."""
        if self.unit in _DAYS:
            return (day - anchor).days // (self.every * _DAYS[self.unit])
        months = (day.year - anchor.year) * 12 + day.month - anchor.month
        n = months // (self.every * _MONTHS[self.unit])
        # Counted by calendar months it is right or one too late.
        return n if self.starts_on(anchor, n) <= day else n - 1

    @property
    def per_year(self) -> int:
        """About how many of them are in a year, times 1,000: for telling which costs more."""
        if self.unit in _MONTHS:
            return 12_000 // (self.every * _MONTHS[self.unit])
        return 365_250 // (self.every * _DAYS[self.unit])

    def __str__(self) -> str:
        word, many = _WORDS[self.unit]
        return word if self.every == 1 else f"every {self.every} {many}"
