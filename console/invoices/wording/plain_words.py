"""A charge in words for the customer: dates and hours on their own clock, then the sum.

Owns how long something ran and which share of a period that is. A figure that is shown rounded is
given as many digits as the sum needs to come out, and called "about". Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from billing.rating import Explanation
from billing.rating.exact import number_text
from console.invoices.wording.evidence import IntervalRow
from console.invoices.wording.steps import PERIOD_LENGTHS, ToldCharge
from console.shell import formats
from console.shell.clock_changes import clock_changes
from console.shell.numbers import money, number
from core.periods import Period

MOST_STRETCHES = 6
_DAY, _HOUR = 86_400, 3_600
_DIGITS = 7


@dataclass(frozen=True, slots=True)
class Clock:
    """A billing period on the customer's clock, told in days, or in hours where it changes."""

    period: Period
    zone: str

    @property
    def seconds(self) -> Fraction:
        """The length of the period."""
        return Fraction(self.period.microseconds, 1_000_000)

    @property
    def unit(self) -> str:
        """What lengths of time are counted in."""
        return "days" if self.seconds % _DAY == 0 else "hours"

    def measured(self, seconds: Fraction) -> Fraction:
        """A length of time in that unit."""
        return seconds / (_DAY if self.unit == "days" else _HOUR)

    def at(self, instant: datetime) -> str:
        """6 Oct, 23:17; the start and the end of the period by name."""
        if instant == self.period.start:
            return f"the start of {self._day(instant)}"
        if instant == self.period.end:
            return f"the end of {self._day(instant - timedelta(microseconds=1))}"
        local = instant.astimezone(ZoneInfo(self.zone))
        seconds = ":%S" if local.second else ""
        return f"{self._day(instant)}, {local:%H:%M}{local.strftime(seconds)}"

    def changes(self) -> Iterator[str]:
        """A sentence for each day on which the clock was changed."""
        return clock_changes(self.period, self.zone)

    def _day(self, instant: datetime) -> str:
        local = instant.astimezone(ZoneInfo(self.zone))
        return formats.date_text(local.date()).rsplit(" ", 1)[0]


@dataclass(frozen=True, slots=True)
class Timed:
    """What a line charges for time: how long, of how long, at which price, to which amount."""

    counted: Fraction
    clock: Clock
    price: str
    currency: str
    exact: str
    amount: str

    @property
    def shown(self) -> str:
        """The counted time with as few digits as make the sum come out, "about" where cut."""
        for digits in range(1, _DIGITS + 1):
            text = _rounded(self.counted, digits)
            if self._comes_out(Fraction(text)):
                return number(text) if Fraction(text) == self.counted else f"about {number(text)}"
        return number(number_text(self.counted))

    def sum_text(self) -> str:
        """$15.00 × about 25.037 ÷ 31 = $12.11."""
        whole = number(number_text(self.clock.measured(self.clock.seconds)))
        price, amount = money(self.price, self.currency), money(self.amount, self.currency)
        return f"{price} × {self.shown} ÷ {whole} = {amount}"

    def _comes_out(self, counted: Fraction) -> bool:
        value = Fraction(self.price) * counted / self.clock.measured(self.clock.seconds)
        amount = Decimal(self.amount)
        places = max(-int(amount.as_tuple().exponent), 2)
        return Fraction(_rounded(value, places)) == Fraction(amount)


def customer_words(
    explanation: Explanation,
    told: ToldCharge,
    *,
    title: str,
    clock: Clock,
    line: Period,
    currency: str,
    intervals: Sequence[IntervalRow] = (),
) -> str | None:
    """The explanation of a charge for time, to paste into a reply; None where it is for none."""
    timed = _timed(explanation, told, clock, currency)
    if timed is None:
        return None
    period = formats.period_text(line, clock.zone)
    is_fee = "quantity" not in explanation.inputs
    said = [_due(timed, line)] if is_fee else list(_ran(timed, intervals))
    sentences = [*said, f"{timed.sum_text()}.", *clock.changes()]
    text = "\n".join([f"{title}, {period}: {told.amount}", "", *sentences])
    return text.replace(formats.NO_BREAK_SPACE, " ")


def _timed(explanation: Explanation, told: ToldCharge, clock: Clock, currency: str) -> Timed | None:
    """The charge as a price for the whole period times a share of it, where it is just that."""
    price, rounding = explanation.step("price"), explanation.step("rounding")
    if price is None or rounding is None or len(price["rows"]) != 1 or told.included:
        return None
    (row,) = price["rows"]
    shares = explanation.step("proration")
    unit_price = row.get("unit_price") or row.get("fee")
    if unit_price is None or ("unit_price" in row and "fee" in row):
        return None
    if shares is not None and shares["by"] in ("second", "day"):
        share = Fraction(shares["part"]) / Fraction(shares["whole"]) * Fraction(row["quantity"])
    elif told.conversion and told.conversion.meaning == PERIOD_LENGTHS["period_seconds"]:
        share = Fraction(row["quantity"])
    else:
        return None
    if Fraction(unit_price) * share != Fraction(rounding["exact"]):
        return None
    counted = share * clock.measured(clock.seconds)
    return Timed(counted, clock, unit_price, currency, rounding["exact"], rounding["amount"])


def _due(timed: Timed, line: Period) -> str:
    clock = timed.clock
    whole = number(number_text(clock.measured(clock.seconds)))
    return (
        f"It was due from {clock.at(line.start)} to {clock.at(line.end)}, "
        f"{timed.shown} of {whole} {clock.unit}."
    )


def _ran(timed: Timed, intervals: Sequence[IntervalRow]) -> Iterator[str]:
    """When it ran, stretch by stretch where they are few and all of it, else altogether."""
    clock = timed.clock
    whole = number(number_text(clock.measured(clock.seconds)))
    counts = sum((Fraction(each.amount) for each in intervals), Fraction(0))
    if not intervals or clock.measured(counts) != timed.counted or len(intervals) > MOST_STRETCHES:
        yield f"It ran for {timed.shown} {clock.unit} in all; the period has {whole}."
        return
    if len(intervals) == 1 and intervals[0].quantity == 1:
        (only,) = intervals
        yield (
            f"It ran from {clock.at(only.counts.start)} to {clock.at(only.counts.end)}, "
            f"{timed.shown} of {whole} {clock.unit}."
        )
        return
    for each in intervals:
        length = _rounded(clock.measured(Fraction(each.seconds)), 3)
        about = "" if Fraction(length) == clock.measured(Fraction(each.seconds)) else "about "
        yield (
            f"{formats.decimal_text(each.quantity)} × {each.label} ran from "
            f"{clock.at(each.counts.start)} to {clock.at(each.counts.end)}, "
            f"{about}{number(length)} {clock.unit}."
        )
    yield f"Together that is {timed.shown} {clock.unit}; the period has {whole}."


def _rounded(value: Fraction, places: int) -> str:
    """Half up, without zeros at the end."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return number_text(Fraction(exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)))
