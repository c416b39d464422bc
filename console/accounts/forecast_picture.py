"""What a period has come to and will likely come to, as a line with a band. Pure.

Across is the share of the days, a thousand in all; down is the amount, from a round sum at the top
to zero. Every figure drawn is also written beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from typing import Final

from billing.invoicing.queries.month_forecast import MonthForecast
from billing.invoicing.queries.month_to_date import DayAmount
from console.shell import formats
from console.shell.charts import PLOT_WIDTH, coordinate
from core.money import Money

HEIGHT: Final = 160
GUIDES: Final = 4


@dataclass(frozen=True, slots=True)
class ForecastGuide:
    """A line across at an amount."""

    y: str
    text: str


@dataclass(frozen=True, slots=True)
class ForecastPicture:
    """Points of the line so far, of the one to come and of the band around it."""

    so_far: str
    area: str
    to_come: str
    band: str
    now_x: str
    guides: Sequence[ForecastGuide]
    first: date
    last: date
    method: str


def forecast_picture(days: Sequence[DayAmount], forecast: MonthForecast) -> ForecastPicture:
    """The picture of a period of these days; at least one."""
    currency = forecast.amount.currency
    over = sum(not each.is_open for each in days)
    top = _round_top(
        max(sum((each.amount.amount for each in days), Decimal(0)), forecast.high.amount)
    )
    gone = Fraction(over * 2 + 1, len(days) * 2) if over < len(days) else Fraction(1)
    sums = [Decimal(0), *accumulate(each.amount.amount for each in days[:over])]
    known = [(Fraction(index, len(days)), amount) for index, amount in enumerate(sums)]
    if over < len(days):
        known.append((gone, sums[-1] + days[over].amount.amount))
    last, end = known[-1], Fraction(1)
    return ForecastPicture(
        so_far=_points(known, top),
        area=_points([*known, (gone, Decimal(0)), (Fraction(0), Decimal(0))], top),
        to_come=_points([last, (end, forecast.amount.amount)], top),
        band=_points([last, (end, forecast.high.amount), (end, forecast.low.amount)], top),
        now_x=coordinate(gone * PLOT_WIDTH),
        guides=_guides(top, currency),
        first=days[0].day,
        last=days[-1].day,
        method=method_text(forecast),
    )


def method_text(forecast: MonthForecast) -> str:
    """How the forecast was made, in a sentence."""
    if not forecast.days_read:
        return (
            "Too few days are over to tell; this is what the account’s last invoices go on to,"
            " before tax."
        )
    return (
        f"Each day to come is taken as the middle of the last {forecast.days_read} days; the band"
        " takes their quieter and their busier quarter. Before tax and credit; tiers and limits of"
        " prices that are still to come are not foreseen."
    )


def _points(of: Sequence[tuple[Fraction, Decimal]], top: Decimal) -> str:
    return " ".join(
        f"{coordinate(x * PLOT_WIDTH)},{coordinate(_y(amount, top))}" for x, amount in of
    )


def _y(amount: Decimal, top: Decimal) -> Fraction:
    share = Fraction(amount) / Fraction(top) if top else Fraction(0)
    return HEIGHT * (1 - max(min(share, Fraction(1)), Fraction(0)))


def _round_top(most: Decimal) -> Decimal:
    """The next of 1, 2, 4 and 8 times a power of ten, so that its quarters are round too."""
    if most <= 0:
        return Decimal(1)
    power = Decimal(1).scaleb(most.adjusted())
    return next(times * power for times in (1, 2, 4, 8, 10) if times * power >= most)


def _guides(top: Decimal, currency: str) -> list[ForecastGuide]:
    return [
        ForecastGuide(
            coordinate(Fraction(HEIGHT * (GUIDES - step), GUIDES)),
            formats.money_text(Money(top * step / GUIDES, currency)),
        )
        for step in range(GUIDES, -1, -1)
    ]
