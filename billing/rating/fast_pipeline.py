"""Rating in scaled integers: metered prices as tables made once, charges as one bisection each.

Owns a price's scaled tables: tier edges, cumulative amounts at each edge, unit prices, all whole
numbers of one common unit. A charge then costs one bisection, one multiplication and one rounding.
A charge it cannot do exactly is answered with None and goes step by step (`pipeline`), which agrees
to the last digit: tests/rating/test_compiled.py holds the two together.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction

from billing.rating.charges import INTEGERS, Charge, LineKind, RatedLine, Terms
from billing.rating.exact import decimals_of, scaled
from billing.rating.models.simple import Package, PerUnit
from billing.rating.models.tier_table import Tier
from billing.rating.models.tiers import Graduated, Volume
from billing.rating.price import PriceRule

# Quantities with at most this many decimals are rated in integers; events have no more.
QUANTITY_DECIMALS = 10
_EXACT = Context(prec=120)

Rater = Callable[[Charge], RatedLine | None]
_Row = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class _Scales:
    """`steps` whole steps make one priced unit; amounts count in 1 ÷ `parts` of the currency."""

    per_unit: int
    steps: int
    price_scale: int
    included: int

    @property
    def parts(self) -> int:
        return self.steps * self.price_scale

    def header(self, terms: Terms) -> tuple[int, ...]:
        """What an explanation needs to be read again."""
        return (
            QUANTITY_DECIMALS,
            self.per_unit,
            self.steps,
            self.included,
            self.price_scale,
            terms.exponent,
        )


def _scales(
    price: PriceRule, factor: Fraction, prices: Sequence[Decimal], quantities: Sequence[Decimal]
) -> _Scales:
    included = price.included.quantity if price.included else Decimal(0)
    finest = max(QUANTITY_DECIMALS, *(decimals_of(value) for value in (included, *quantities)))
    steps = 10**finest * factor.denominator
    return _Scales(
        per_unit=factor.numerator * 10 ** (finest - QUANTITY_DECIMALS),
        steps=steps,
        price_scale=10 ** max(decimals_of(value) for value in prices),
        included=scaled(included, steps),
    )


def unit_rater(price: PriceRule, model: PerUnit, factor: Fraction, terms: Terms) -> Rater:
    """Return the rater of a price per unit; it takes negative quantities too."""
    unit_price, name, shown = model.unit_price, model.name, model.unit_price
    scales = _scales(price, factor, [unit_price], [])
    per_unit, included, steps, parts = scales.per_unit, scales.included, scales.steps, scales.parts
    each, header = scaled(unit_price, scales.price_scale), scales.header(terms)
    to_minor, twice = 2 * terms.scale, 2 * parts

    def rate(charge: Charge) -> RatedLine | None:
        in_steps = charge.quantity.scaleb(QUANTITY_DECIMALS, _EXACT)
        raw = int(in_steps)
        if raw != in_steps or charge.detail is not None:
            return None
        billed = raw * per_unit
        if billed > 0:
            billed = max(billed - included, 0)
        exact = billed * each
        amount = (abs(exact) * to_minor + parts) // twice
        return RatedLine(
            charge.key,
            LineKind.USAGE,
            charge.key,
            charge.resource,
            charge.tax_group,
            amount if exact > 0 else -amount,
            exact,
            parts,
            billed,
            steps,
            shown,
            (INTEGERS, name, raw, header, ((0, billed, each, 0),)),
        )

    return rate


def table_rater(
    price: PriceRule, model: Graduated | Volume, factor: Fraction, terms: Terms
) -> Rater:
    """Return the rater of a tier table."""
    rows, name = model.tiers.rows, model.name
    numbers = [value for row in rows for value in (row.unit_price, row.fee)]
    bounds = [row.up_to for row in rows if row.up_to is not None]
    scales = _scales(price, factor, numbers, bounds)
    per_unit, included, steps, parts = scales.per_unit, scales.included, scales.steps, scales.parts
    prices = [scaled(row.unit_price, scales.price_scale) for row in rows]
    fees = [scaled(row.fee, parts) for row in rows]
    ends = [scaled(bound, steps) for bound in bounds]
    is_volume = isinstance(model, Volume)
    starts = [0] * len(rows) if is_volume else [0, *ends]
    bases, filled = (fees, [()] * len(rows)) if is_volume else _bases(prices, fees, starts)
    shown = [_only_price(row, index == 0 or is_volume) for index, row in enumerate(rows)]
    due_at_zero, header = model.tiers.is_due_at_zero, scales.header(terms)
    to_minor, twice = 2 * terms.scale, 2 * parts

    def rate(charge: Charge) -> RatedLine | None:
        in_steps = charge.quantity.scaleb(QUANTITY_DECIMALS, _EXACT)
        raw = int(in_steps)
        if raw < 0 or raw != in_steps or charge.detail is not None:
            return None
        billed = raw * per_unit - included
        if billed <= 0:
            if not due_at_zero:
                return None
            billed = 0
        tier = bisect_left(ends, billed)
        take = billed - starts[tier]
        exact = bases[tier] + take * prices[tier]
        return RatedLine(
            charge.key,
            LineKind.USAGE,
            charge.key,
            charge.resource,
            charge.tax_group,
            (exact * to_minor + parts) // twice,
            exact,
            parts,
            billed,
            steps,
            shown[tier],
            (
                INTEGERS,
                name,
                raw,
                header,
                (*filled[tier], (tier, take, prices[tier], fees[tier])),
            ),
        )

    return rate


def package_rater(price: PriceRule, model: Package, factor: Fraction, terms: Terms) -> Rater:
    """Return the rater of a price per package."""
    name, shown = model.name, model.price
    scales = _scales(price, factor, [model.price], [model.size])
    per_unit, included, steps, parts = scales.per_unit, scales.included, scales.steps, scales.parts
    size, each = scaled(model.size, steps), scaled(model.price, scales.price_scale)
    header, to_minor, twice = scales.header(terms), 2 * terms.scale, 2 * parts

    def rate(charge: Charge) -> RatedLine | None:
        in_steps = charge.quantity.scaleb(QUANTITY_DECIMALS, _EXACT)
        raw = int(in_steps)
        if raw < 0 or raw != in_steps or charge.detail is not None:
            return None
        packages = -(-max(raw * per_unit - included, 0) // size) * steps
        exact = packages * each
        return RatedLine(
            charge.key,
            LineKind.USAGE,
            charge.key,
            charge.resource,
            charge.tax_group,
            (exact * to_minor + parts) // twice,
            exact,
            parts,
            packages,
            steps,
            shown,
            (INTEGERS, name, raw, header, ((0, packages, each, 0),)),
        )

    return rate


def _bases(
    prices: list[int], fees: list[int], starts: list[int]
) -> tuple[list[int], list[tuple[_Row, ...]]]:
    """Return for each tier what is due before its own units, and the rows filled before it."""
    rows: tuple[_Row, ...] = ()
    bases, filled = [fees[0]], [rows]
    for tier in range(1, len(prices)):
        width = starts[tier] - starts[tier - 1]
        bases.append(bases[-1] + width * prices[tier - 1] + fees[tier])
        rows = (*rows, (tier - 1, width, prices[tier - 1], fees[tier - 1]))
        filled.append(rows)
    return bases, filled


def _only_price(row: Tier, is_alone: bool) -> Decimal | None:
    return row.unit_price if is_alone and not row.fee else None
