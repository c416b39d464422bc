"""The figures of one line as FOCUS has them. Pure: values in, values out.

BilledCost and EffectiveCost are what was posted. A unit price stands where the line has a single
one that explains the amount: times the quantity, it rounds to what was posted. Where it does not
(tiers, allowances, shares of a month), there is none, and the costs are what was posted; nothing is
filled in to please a reader.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal, Inexact
from fractions import Fraction

from core.money import Money, to_minor

_EXACT = Context(prec=200, traps=[Inexact])


@dataclass(frozen=True, slots=True)
class LineCosts:
    """Costs in currency units; a unit price is None where there is no single one."""

    billed: Decimal
    contracted: Decimal
    contracted_unit_price: Decimal | None
    list: Decimal
    list_unit_price: Decimal | None


def line_costs(
    amount: Money,
    *,
    quantity: Decimal,
    unit_price: Decimal | None,
    list_unit_price: Decimal | None = None,
) -> LineCosts:
    """The costs of a line; `list_unit_price` where another price than the plan's was agreed."""
    if unit_price is None or _minor(quantity, unit_price, amount.currency) != amount.minor:
        return LineCosts(amount.amount, amount.amount, None, amount.amount, None)
    contracted = _times(quantity, unit_price)
    listed = unit_price if list_unit_price is None else list_unit_price
    return LineCosts(
        billed=amount.amount,
        contracted=contracted,
        contracted_unit_price=unit_price,
        list=_times(quantity, listed),
        list_unit_price=listed,
    )


def _minor(quantity: Decimal, unit_price: Decimal, currency: str) -> int:
    return to_minor(Fraction(quantity) * Fraction(unit_price), currency)


def _times(quantity: Decimal, price: Decimal) -> Decimal:
    return _EXACT.multiply(quantity, price)
