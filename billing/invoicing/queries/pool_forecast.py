"""What a window of a pool will come to: an even pace since it began, between two bounds.

Pure: figures in, a forecast out. The method is said wherever the figure is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from billing.licences.windows import ZERO, rounded_units
from core.periods import Period


@dataclass(frozen=True, slots=True)
class UseForecast:
    """What a window comes to at an even pace since an instant, and between which bounds.

    The bounds are the paces of the slowest and the fastest billed month of the window, and that of
    what is provisional. None where nothing was used.
    """

    since: datetime
    per_day: Decimal
    slowest: Decimal
    fastest: Decimal
    units: Decimal
    least: Decimal
    most: Decimal
    gone_on: datetime | None


class WindowCourse(NamedTuple):
    """A window: what is licensed in it, posted and provisional, and until when it is posted."""

    span: Period
    licensed: Decimal
    posted: Decimal
    provisional: Decimal
    through: datetime


def forecast(
    course: WindowCourse, burn: Sequence[tuple[datetime, Decimal]], *, at: datetime
) -> UseForecast | None:
    """At the even pace of the window so far; between its slowest and its fastest stretch."""
    span, used = course.span, Fraction(course.posted + course.provisional)
    until = min(at, span.end)
    if until <= span.start or not used:
        return None
    mean = _per_day(used, Period(span.start, until))
    paces = [mean]
    for (start, units), (end, _) in pairwise([*burn, (course.through, ZERO)]):
        if start < end:
            paces.append(_per_day(Fraction(units), Period(start, end)))
    if course.through < until:
        paces.append(_per_day(Fraction(course.provisional), Period(course.through, until)))
    days = Fraction((span.end - until) // timedelta(microseconds=1), _DAY)
    comes_to = [rounded_units(used + pace * days, 2) for pace in (mean, min(paces), max(paces))]
    return UseForecast(
        since=span.start,
        per_day=rounded_units(mean, 2),
        slowest=rounded_units(min(paces), 2),
        fastest=rounded_units(max(paces), 2),
        units=comes_to[0],
        least=comes_to[1],
        most=comes_to[2],
        gone_on=_gone_on(until, Fraction(course.licensed) - used, mean, span),
    )


def _gone_on(until: datetime, left: Fraction, pace: Fraction, span: Period) -> datetime | None:
    """When the rest is used up at a pace; None where that is after the window."""
    if left <= 0 or pace <= 0:
        return until if left <= 0 else None
    gone = until + timedelta(microseconds=int(left / pace * _DAY))
    return gone if gone < span.end else None


_DAY = 86_400_000_000


def _per_day(units: Fraction, span: Period) -> Fraction:
    return units * _DAY / span.microseconds
