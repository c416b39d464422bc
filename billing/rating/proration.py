"""The share of a billing period something was active for, exactly.

Owns the three ways to count: seconds, local days, and months of thirty days. The denominator is
always the whole enclosing billing period, counted the same way, never the calendar month and never
a period that started late; shares of periods that tile add up to exactly 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from billing.rating.models.base import CannotRate
from core.periods import Period, local_day


class Proration(StrEnum):
    """How time is counted: not at all, by the second, by local day, or as if months had 30 days."""

    NONE = "none"
    SECOND = "second"
    DAY = "day"
    THIRTY_DAY_MONTH = "thirty_day_month"


@dataclass(frozen=True, slots=True)
class Share:
    """`part` ÷ `whole`, both in the unit of `by`; kept apart because both are printed."""

    by: Proration
    part: Fraction
    whole: Fraction

    @property
    def fraction(self) -> Fraction:
        """The share as one rational."""
        return self.part / self.whole


WHOLE = Share(Proration.NONE, Fraction(1), Fraction(1))


def share_of(
    by: Proration,
    active: Period | None,
    period: Period | None,
    zone: str,
    away: Sequence[Period] = (),
) -> Share:
    """Return the share of `period` that `active` is, but for the parts in which it was `away`; the
    whole when nothing is prorated.

    A day belongs to whoever is active at its end, so that a change of plan in mid-day bills the
    day once, to the new plan.

    Raises: CannotRate when the period is unknown or the active time is not inside it.
    """
    share = _share_of(by, active, period, zone)
    if by is Proration.NONE or active is None:
        return share
    gone = sum((_share_of(by, each, period, zone).part for each in away), Fraction(0))
    return Share(by, share.part - gone, share.whole)


def _share_of(by: Proration, active: Period | None, period: Period | None, zone: str) -> Share:
    if by is Proration.NONE or active is None:
        return WHOLE
    if period is None:
        raise CannotRate("Proration needs the billing period.", field="period")
    if active.start < period.start or active.end > period.end:
        raise CannotRate(f"Active {active} is not inside the period {period}.", field="active")
    if by is Proration.SECOND:
        return Share(by, Fraction(active.seconds), Fraction(period.seconds))
    bounds = (active.start, active.end, period.start, period.end)
    count = date.toordinal if by is Proration.DAY else _thirty_day_count
    begin, until, first, end = (count(local_day(at, zone)) for at in bounds)
    if end <= first:
        raise CannotRate("A period shorter than a day cannot be counted in days.", field="period")
    return Share(by, Fraction(until - begin), Fraction(end - first))


def _thirty_day_count(day: date) -> int:
    """Number the days as if every month had 30; the 31st counts as the 30th."""
    return (day.year * 12 + day.month) * 30 + min(day.day, 30)
