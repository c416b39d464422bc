"""A price of ours as Heroku says one: so many cents a month, by contract or not, metered or not."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from billing.catalogue.queries.price_book import BookPrice
from billing.rating.models.simple import Flat, PerUnit
from billing.rating.price import PERIOD_DIVISORS
from core.money import minor_per_unit, round_half_up


def monthly_price(price: BookPrice | None, currency: str) -> dict[str, Any]:
    """What a whole month costs, in minor units; nothing where there is no price for it."""
    monthly = None if price is None else _monthly(price, currency)
    return {
        "cents": monthly or 0,
        "contract": price is not None and (price.agreed is not None or bool(price.price.discounts)),
        "metered": price is not None and monthly is None,
        "unit": "month",
    }


def unit_price_minor(price: BookPrice, currency: str) -> Fraction | None:
    """The price of a unit in minor units, exact; None where it depends on how many there are."""
    model = price.price.model
    if not isinstance(model, PerUnit):
        return None
    return Fraction(model.unit_price) * minor_per_unit(currency)


def _monthly(price: BookPrice, currency: str) -> int | None:
    model, conversion = price.price.model, price.price.conversion
    if isinstance(model, Flat):
        return round_half_up(Fraction(model.amount) * minor_per_unit(currency))
    by_time = conversion is not None and conversion.divide_by in PERIOD_DIVISORS
    unit = unit_price_minor(price, currency) if by_time else None
    return None if unit is None else round_half_up(unit)
