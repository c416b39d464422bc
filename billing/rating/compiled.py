"""Prices made ready to rate in one currency and billing period.

Owns which prices can be rated in integers, and what is worked out once for all charges of a price.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

from billing.rating.charges import Charge, CompiledPrice, RatedLine, Terms
from billing.rating.fast_fees import fee_rater
from billing.rating.fast_pipeline import Rater, package_rater, table_rater, unit_rater
from billing.rating.models.base import CannotRate
from billing.rating.models.matrix import Matrix
from billing.rating.models.simple import Flat, Package, PerUnit
from billing.rating.models.tiers import Graduated, Volume, has_packages
from billing.rating.price import PERIOD_DIVISORS, Conversion, LimitScope, PriceRule, Rounding


def compile_price(price: PriceRule, terms: Terms) -> CompiledPrice:
    """Make a price ready to rate in one currency and period.

    Raises: CannotRate when the price needs a billing period and the terms have none.
    """
    factor = factor_of(price.conversion, terms)
    return CompiledPrice(
        price=price,
        terms=terms,
        fast=_rater(price, factor, terms),
        bounds=_bounds(price, terms),
        is_plain=not price.discounts and not price.has_limits,
    )


def factor_of(conversion: Conversion | None, terms: Terms) -> Fraction:
    """Return what one metered unit is in priced units.

    Raises: CannotRate when the length of the period is needed and not known.
    """
    if conversion is None:
        return Fraction(1)
    divisor = conversion.divide_by
    if isinstance(divisor, Decimal):
        return Fraction(conversion.multiply_by) / Fraction(divisor)
    if terms.period is None:
        raise CannotRate(f"Dividing by {divisor} needs the billing period.", field="period")
    length = Fraction(terms.period.seconds) / PERIOD_DIVISORS[divisor]
    return Fraction(conversion.multiply_by) / length


def _rater(price: PriceRule, factor: Fraction, terms: Terms) -> Rater | None:
    """Return the rater in integers of a price's own line, where there is one.

    Discounts and limits come after the line, so they do not matter here.
    """
    model, rule = price.model, price.conversion
    if price.commitment is not None or price.priced_in is not None:
        return None
    if isinstance(model, Flat):
        return fee_rater(price, model, terms)
    if (
        price.is_prorated
        or has_packages(model)
        or (rule is not None and rule.rounding is not Rounding.NONE)
    ):
        return None
    if isinstance(model, Matrix):
        return _matrix_rater(price, model, factor, terms)
    if isinstance(model, PerUnit):
        return unit_rater(price, model, factor, terms)
    if isinstance(model, Package):
        return package_rater(price, model, factor, terms)
    return (
        table_rater(price, model, factor, terms) if isinstance(model, Graduated | Volume) else None
    )


def _matrix_rater(price: PriceRule, model: Matrix, factor: Fraction, terms: Terms) -> Rater:
    """Return the rater of a matrix: that of the cell a charge falls in."""
    raters = {
        id(cell): _rater(replace(price, model=cell.model), factor, terms) for cell in model.cells
    }

    def rate(charge: Charge) -> RatedLine | None:
        cell = model.cell(charge.dimensions)
        rater = raters[id(cell)]
        line = rater(charge) if rater is not None else None
        if line is None:
            return None
        where = {"dimensions": dict(charge.dimensions), "cell": dict(cell.match)}
        return line._replace(explanation=(*line.explanation, where))

    return rate


def _bounds(price: PriceRule, terms: Terms) -> tuple[int, int] | None:
    """Return between which minor units no limit of a price binds one charge for a whole period.

    None where that cannot be said of a charge alone: limits that are shared.
    """
    least, most = 0, 10**40
    for limit in (price.minimum, price.maximum):
        if limit is not None and limit.scope is not LimitScope.CHARGE:
            return None
    if price.minimum is not None:
        least = ceil(Fraction(price.minimum.amount) * terms.scale)
    if price.maximum is not None:
        most = floor(Fraction(price.maximum.amount) * terms.scale)
    return least, most
