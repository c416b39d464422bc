"""When the windows of a commitment are, what each is granted, and what becomes of what is left.

Owns the arithmetic only, in exact numbers and half-open periods; pure. The terms come from
`billing.licences.terms`, the rows they become from `billing.licences.operations`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from core.money import round_half_up
from core.periods import Period, billing_period, local_day


class WindowLength(StrEnum):
    """How long a bucket lasts."""

    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"
    TERM = "term"


class Rollover(StrEnum):
    """What becomes of units that a window leaves over."""

    NONE = "none"
    ONE_WINDOW = "one_window"
    TO_THE_END = "to_the_end"


class CutWindow(StrEnum):
    """What a window is granted that the term, or an amendment, cuts."""

    PRORATED = "prorated"
    WHOLE = "whole"


_MONTHS = {
    WindowLength.MONTH: 1,
    WindowLength.QUARTER: 3,
    WindowLength.HALF_YEAR: 6,
    WindowLength.YEAR: 12,
}
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class RampStep:
    """From this window on, counted from 1, so much is granted."""

    from_window: int
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Pace:
    """How a commitment is cut into windows and filled.

    `quantity` is what a whole window is granted, unless a step of the ramp says otherwise. Units
    are counted to `places` decimals. `cap` is the most that a window begins with.
    """

    window: WindowLength
    quantity: Decimal
    ramp: Sequence[RampStep] = ()
    cut: CutWindow = CutWindow.PRORATED
    rollover: Rollover = Rollover.NONE
    cap: Decimal | None = None
    places: int = 2

    def quantity_of(self, number: int) -> Decimal:
        """What the whole window of that number, counted from 1, is granted."""
        steps = [step for step in self.ramp if step.from_window <= number]
        return max(steps, key=lambda step: step.from_window).quantity if steps else self.quantity


@dataclass(frozen=True, slots=True)
class GrantedWindow:
    """A window of the term. `whole` is the window that the term may have cut."""

    number: int
    span: Period
    whole: Period
    granted: Decimal


def rounded_units(units: Fraction | Decimal, places: int) -> Decimal:
    """Units to so many decimals, halves away from zero."""
    return Decimal(round_half_up(Fraction(units) * 10**places)).scaleb(-places)


def windows(pace: Pace, term: Period, zone: str) -> list[GrantedWindow]:
    """The windows of a term, in order; they tile it.

    Months are counted from the local day the term begins on. Raises: UnknownZone.
    """
    found: list[GrantedWindow] = []
    anchor = local_day(term.start, zone)
    start = term.start
    while start < term.end:
        whole = _whole(pace.window, anchor, zone, len(found), term)
        span = Period(start, min(whole.end, term.end))
        number = len(found) + 1
        granted = _granted(pace, number, span, Period(min(start, whole.start), whole.end))
        found.append(GrantedWindow(number, span, whole, granted))
        start = span.end
    return found


def _whole(window: WindowLength, anchor: date, zone: str, number: int, term: Period) -> Period:
    if window is WindowLength.TERM:
        return term
    return billing_period(anchor, zone, number, months=_MONTHS[window])


def _granted(pace: Pace, number: int, span: Period, whole: Period) -> Decimal:
    quantity = pace.quantity_of(number)
    if pace.cut is CutWindow.WHOLE or span.end >= whole.end:
        return quantity
    share = Fraction(span.microseconds, whole.microseconds)
    return rounded_units(Fraction(quantity) * share, pace.places)


def amended(
    pace: Pace, was: Decimal, quantity: Decimal, window: GrantedWindow, at: datetime
) -> Decimal:
    """How many more units (or fewer, below 0) a window gets that is changed at an instant.

    By the part of the window that is still to come, or none of it where whole windows are agreed:
    then the next window is the first with the new quantity.
    """
    if at >= window.span.end:
        return ZERO
    if pace.cut is CutWindow.WHOLE:
        return quantity - was if at <= window.span.start else ZERO
    left = Period(max(at, window.span.start), window.span.end)
    share = Fraction(left.microseconds, window.whole.microseconds)
    return rounded_units((Fraction(quantity) - Fraction(was)) * share, pace.places)


@dataclass(frozen=True, slots=True)
class ClosedWindow:
    """What becomes of what a window left over: of its own units, and of those carried into it."""

    own_rolls: Decimal = ZERO
    own_expires: Decimal = ZERO
    carried_rolls: Decimal = ZERO
    carried_expires: Decimal = ZERO


def close_window(
    pace: Pace, *, own: Decimal, carried: Decimal, next_granted: Decimal | None
) -> ClosedWindow:
    """What is left over of a window rolls or expires; `next_granted` None: the term ends with it.

    What was carried in goes before the own units, both into the next window and away.
    """
    if next_granted is None or pace.rollover is Rollover.NONE:
        return ClosedWindow(own_expires=own, carried_expires=carried)
    may_carry = carried if pace.rollover is Rollover.TO_THE_END else ZERO
    room = own + may_carry
    if pace.cap is not None:
        room = min(room, max(pace.cap - next_granted, ZERO))
    own_rolls = min(own, room)
    carried_rolls = min(may_carry, room - own_rolls)
    return ClosedWindow(own_rolls, own - own_rolls, carried_rolls, carried - carried_rolls)
