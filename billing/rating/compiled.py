"""Prices compiled to integers: the fast way to rate the common models.

Owns a price's scaled tables, made once: tier edges, cumulative amounts at each edge, unit prices,
all whole numbers of one common unit. A charge then costs one bisection, one multiplication and one
rounding. Whatever is not common (splits, discounts, limits that bind, events, dimensions) is left
to `pipeline`, which agrees to the last digit: tests/rating/test_compiled.py holds them together.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Context, Decimal
from fractions import Fraction
from math import floor

from billing.rating.charges import INTEGERS, Charge, CompiledPrice, Kind, RatedLine, Terms
from billing.rating.exact import decimals_of, scaled
from billing.rating.models.base import CannotRate
from billing.rating.models.matrix import Matrix
from billing.rating.models.simple import Flat, PerUnit
from billing.rating.models.tiers import Graduated, Tier, Volume
from billing.rating.price import PERIOD_DIVISORS, Conversion, Price, Rounding, Scope
from billing.rating.proration import Proration

# Quantities with at most this many decimals are rated in integers; events have no more.
QUANTITY_DECIMALS = 10
_EXACT = Context(prec=120)

Fast = Callable[[Charge], RatedLine | None]


def compile_price(price: Price, terms: Terms) -> CompiledPrice:
    """Make a price ready to rate in one currency and period.

    Raises: CannotRate when the price needs a billing period and the terms have none.
    """
    if price.conversion is not None:
        factor_of(price.conversion, terms)
    return CompiledPrice(price, terms, _fast(price, terms))


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


@dataclass(frozen=True, slots=True)
class _Scales:
    """`steps` whole steps make one priced unit; amounts count in 1 ÷ `parts` of the currency."""

    numerator: int
    steps: int
    price_scale: int
    included: int
    minor: int

    @property
    def parts(self) -> int:
        return self.steps * self.price_scale


def _fast(price: Price, terms: Terms) -> Fast | None:
    model = price.model
    plain = not price.discounts and price.commitment is None and price.priced_in is None
    if not plain or price.minimum is not None:
        return None
    if isinstance(model, Matrix):
        return _matrix(price, model, terms)
    if isinstance(model, Flat):
        return _flat(price, model, terms) if price.maximum is None else None
    if price.proration is not Proration.NONE or not isinstance(model, PerUnit | Graduated | Volume):
        return None
    conversion, included = price.conversion, price.included
    if conversion is not None and conversion.rounding is not Rounding.NONE:
        return None
    if included is not None and included.proration is not Proration.NONE:
        return None
    most = price.maximum
    if most is not None and (
        most.scope is not Scope.CHARGE or most.proration is not Proration.NONE
    ):
        return None
    if isinstance(model, PerUnit):
        rows: tuple[Tier, ...] = (Tier(None, model.unit_price, Decimal(0)),)
    else:
        rows = model.tiers.rows
    if any(row.unit_price < 0 for row in rows):
        return None
    return _table(price, terms, rows)


def _scales(price: Price, terms: Terms, rows: Sequence[Tier]) -> _Scales:
    factor = factor_of(price.conversion, terms)
    included = price.included.quantity if price.included else Decimal(0)
    edges = [row.up_to for row in rows if row.up_to is not None]
    finest = max(QUANTITY_DECIMALS, *(decimals_of(value) for value in (included, *edges)))
    prices = max(decimals_of(value) for row in rows for value in (row.unit_price, row.fee))
    steps = 10**finest * factor.denominator
    return _Scales(
        numerator=factor.numerator * 10 ** (finest - QUANTITY_DECIMALS),
        steps=steps,
        price_scale=10**prices,
        included=scaled(included, steps),
        minor=terms.scale,
    )


def _table(price: Price, terms: Terms, rows: Sequence[Tier]) -> Fast:
    """Return the rater of a tier table; a price per unit is a table of one open tier."""
    model = price.model
    scales = _scales(price, terms, rows)
    steps, parts = scales.steps, scales.parts
    prices = [scaled(row.unit_price, scales.price_scale) for row in rows]
    fees = [scaled(row.fee, parts) for row in rows]
    ends = [scaled(row.up_to, steps) for row in rows if row.up_to is not None]
    starts = [0, *ends]
    is_volume = isinstance(model, Volume)
    bases, filled = _bases(prices, fees, starts, is_volume=is_volume)
    free_at_zero = isinstance(model, Graduated | Volume) and not model.tiers.is_due_at_zero
    if is_volume:
        starts = [0] * len(rows)
    shown = [row.unit_price if not row.fee else None for row in rows]
    most = None if price.maximum is None else floor(Fraction(price.maximum.amount) * terms.scale)
    per_unit, included, twice = scales.numerator, scales.included, 2 * parts
    to_minor, name = 2 * scales.minor, model.name
    header = (QUANTITY_DECIMALS, per_unit, steps, included, scales.price_scale, terms.exponent)

    def rate(charge: Charge) -> RatedLine | None:
        in_steps = charge.quantity.scaleb(QUANTITY_DECIMALS, _EXACT)
        raw = int(in_steps)
        if raw < 0 or raw != in_steps:
            return None
        billed = raw * per_unit - included
        if billed < 0:
            billed = 0
        if not billed and free_at_zero:
            return None
        tier = bisect_left(ends, billed) if ends else 0
        take = billed - starts[tier]
        exact = bases[tier] + take * prices[tier]
        hits = (*filled[tier], (tier, take, prices[tier], fees[tier]))
        amount = (exact * to_minor + parts) // twice
        if most is not None and amount > most:
            return None
        return RatedLine(
            charge.key,
            Kind.USAGE,
            charge.key,
            charge.resource,
            charge.tax_group,
            amount,
            exact,
            parts,
            billed,
            steps,
            shown[tier] if tier == 0 or is_volume else None,
            (INTEGERS, name, raw, header, hits),
        )

    return rate


def _bases(
    prices: list[int], fees: list[int], starts: list[int], *, is_volume: bool
) -> tuple[list[int], list[tuple[tuple[int, int, int, int], ...]]]:
    """Return for each tier what is due before its own units, and the rows filled before it."""
    if is_volume:
        return fees, [()] * len(fees)
    rows: tuple[tuple[int, int, int, int], ...] = ()
    bases, filled = [fees[0]], [rows]
    for tier in range(1, len(prices)):
        width = starts[tier] - starts[tier - 1]
        bases.append(bases[-1] + width * prices[tier - 1] + fees[tier])
        rows = (*rows, (tier - 1, width, prices[tier - 1], fees[tier - 1]))
        filled.append(rows)
    return bases, filled


def _matrix(price: Price, model: Matrix, terms: Terms) -> Fast | None:
    """Return the rater of a matrix: that of the cell a charge falls in."""
    raters = {id(cell): _fast(replace(price, model=cell.model), terms) for cell in model.cells}
    if not any(raters.values()):
        return None

    def rate(charge: Charge) -> RatedLine | None:
        cell = model.cell(charge.dimensions)
        rater = raters[id(cell)]
        line = rater(charge) if rater is not None else None
        if line is None:
            return None
        where = {"dimensions": dict(charge.dimensions), "cell": dict(cell.match)}
        return line._replace(explanation=(*line.explanation, where))

    return rate


def _flat(price: Price, model: Flat, terms: Terms) -> Fast:
    """Return the rater of a fee for a whole period: everything is known beforehand."""
    del price
    price_scale = 10 ** decimals_of(model.amount)
    exact, minor = scaled(model.amount, price_scale), terms.scale
    if exact < 0:
        return lambda charge: None
    amount = (exact * 2 * minor + price_scale) // (2 * price_scale)
    header = (0, 1, 1, 0, price_scale, terms.exponent)
    explanation = (INTEGERS, model.name, 0, header, ((0, 1, exact, 0),))

    def rate(charge: Charge) -> RatedLine:
        return RatedLine(
            charge.key,
            Kind.FEE,
            charge.key,
            charge.resource,
            charge.tax_group,
            amount,
            exact,
            price_scale,
            1,
            1,
            model.amount,
            explanation,
        )

    return rate
