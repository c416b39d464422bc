"""What the present period will likely come to, with a band, by a method that is said.

From the third day that is over on, each day to come is taken as the middle of the last days, and
no less than what is on it already, such as its share of a fee; the band takes them as the quieter
and as the busier quarter of those days. Before that the account's last invoices say it
(`billing.invoicing.queries.expected`), and there is no band. Tiers and limits of prices that are
still to come are not foreseen. Before tax and credit. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from billing.invoicing.queries.expected import Expected
from billing.invoicing.queries.month_to_date import DayAmount
from core.money import Money, round_half_up

DAYS_READ: Final = 14
"""How many of the last days that are over say what a day comes to."""
DAYS_NEEDED: Final = 3


@dataclass(frozen=True, slots=True)
class MonthForecast:
    """What a period will likely come to; `low` and `high` are the ends of the band.

    `days_read` is how many days it is taken from; 0 where the last invoices say it.
    """

    amount: Money
    low: Money
    high: Money
    days_read: int

    @property
    def has_band(self) -> bool:
        """Whether the ends differ."""
        return self.low != self.high


def month_forecast(days: Sequence[DayAmount], usual: Expected | None) -> MonthForecast | None:
    """The forecast of a period of these days, in their order; None where nothing says anything."""
    over = [each.amount.minor for each in days if not each.is_open]
    if len(over) >= DAYS_NEEDED:
        read = sorted(over[-DAYS_READ:])
        to_come = [each.amount.minor for each in days if each.is_open]
        currency = days[0].amount.currency
        low, middle, high = (
            Money.from_minor(_total(over, to_come, _quantile(read, share)), currency)
            for share in (Fraction(1, 4), Fraction(1, 2), Fraction(3, 4))
        )
        return MonthForecast(middle, low, high, len(read))
    if usual is None or not days:
        return None
    expected = usual.usual if usual.forecast is None else usual.forecast
    amount = Money.from_minor(round_half_up(expected), days[0].amount.currency)
    return MonthForecast(amount, amount, amount, 0)


def _total(over: Sequence[int], to_come: Sequence[int], a_day: Fraction) -> int:
    return sum(over) + round_half_up(
        sum((max(a_day, Fraction(each)) for each in to_come), Fraction(0))
    )


def _quantile(ordered: Sequence[int], share: Fraction) -> Fraction:
    """The value at a share of the way through them, between two neighbours in proportion."""
    place = share * (len(ordered) - 1)
    at = int(place)
    after = ordered[min(at + 1, len(ordered) - 1)]
    return Fraction(ordered[at]) + (place - at) * (after - ordered[at])
