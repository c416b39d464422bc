"""What a price comes to over the quantity, beside what it was: for a picture, and for its table.

Every point is worked out by the functions that bill, for one charge and a whole period.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from fractions import Fraction
from typing import Any

from billing.catalogue.queries.price_preview import AssumedUse, preview
from billing.rating import parse_price
from billing.rating.price import PERIOD_DIVISORS, PriceRule
from core.errors import DomainError
from core.money import Money
from core.periods import Period

STEPS = 24
"""Points between nothing and the end of the curve; those where a tier ends are added."""
BOUNDS_MAX = 12
_BEYOND_TIERS, _BEYOND_USE = Decimal("1.4"), Decimal("1.2")
_WHOLE_SECONDS = 1_000_000
_DIGITS, QUANTITY_PLACES = 6, 12


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """A quantity, as measured, with what it costs; `before` where there was such a price."""

    quantity: Decimal
    after: Money
    before: Money | None = None
    is_bound: bool = False

    @property
    def difference(self) -> Money | None:
        """What it costs more than before."""
        return None if self.before is None else self.after - self.before


@dataclass(frozen=True, slots=True)
class PriceCurve:
    """Points in the order of their quantities; `earlier` names the price of before."""

    points: Sequence[CurvePoint]
    tried: Decimal
    earlier: str = ""


def price_curve(
    definition: Mapping[str, Any],
    use: AssumedUse,
    *,
    before: tuple[str, Mapping[str, Any]] | None = None,
    currency: str,
    period: Period,
) -> PriceCurve | None:
    """The curve around some use, and that of the document before, which has a name.

    None for a fee, which no quantity changes. A document before that cannot be priced for this use
    is left out. Raises: DocumentRefused and CannotRate, of the document.
    """
    price = parse_price(definition)
    if price.model.kind == "fee":
        return None
    documents = [definition, *([before[1]] if before else [])]
    bounds = {bound for each in documents for bound in _bounds(parse_price(each), each, period)}
    points = _quantities(sorted(bounds), use.quantity)
    after = _totals(definition, points, use, currency, period)
    try:
        was = _totals(before[1], points, use, currency, period) if before else None
    except DomainError:
        was = None  # it may look at dimensions that are not tried
    marks = bounds | {use.quantity, points[-1]}
    found = [
        CurvePoint(quantity, after[number], was[number] if was else None, quantity in marks)
        for number, quantity in enumerate(points)
    ]
    return PriceCurve(found, use.quantity, before[0] if before and was else "")


def _totals(
    definition: Mapping[str, Any],
    quantities: Sequence[Decimal],
    use: AssumedUse,
    currency: str,
    period: Period,
) -> list[Money]:
    return [
        preview(
            definition, AssumedUse(each, use.dimensions), currency=currency, period=period
        ).total
        for each in quantities
    ]


def _quantities(bounds: Sequence[Decimal], tried: Decimal) -> list[Decimal]:
    end = _round_up(max([bounds[-1] * _BEYOND_TIERS] if bounds else [], default=Decimal(0)))
    end = max(end, _round_up(tried * _BEYOND_USE)) or Decimal(100)
    even = [end * number / STEPS for number in range(STEPS + 1)]
    # A jump is drawn as one: the price just beyond a bound is a point of its own.
    beyond = [bound + end / 1_000 for bound in bounds]
    places = Decimal(1).scaleb(-max(0, _DIGITS - end.adjusted()))
    return sorted({*(each.quantize(places) for each in [*even, *beyond]), *bounds, tried})


def _round_up(value: Decimal) -> Decimal:
    """To two digits: 71,234 is 72,000."""
    if not value:
        return value
    return value.quantize(Decimal((0, (1,), value.adjusted() - 1)), ROUND_CEILING)


def _bounds(price: PriceRule, document: Mapping[str, Any], period: Period) -> list[Decimal]:
    """Where its tiers end, in measured units: included ones lie before the first tier."""
    tiers = document.get("tiers", ())
    ends = [tier.get("up_to") for tier in tiers if isinstance(tier, Mapping)]
    if len(ends) > BOUNDS_MAX or any(isinstance(each, Mapping) for each in ends):
        return []
    included = price.included.quantity if price.included else Decimal(0)
    factor = _factor(price, period)
    found = [Fraction(Decimal(str(end)) + included) / factor for end in ends if end is not None]
    if included:
        found.append(Fraction(included) / factor)
    return [_decimal(each) for each in found]


def _decimal(value: Fraction) -> Decimal:
    """A quantity as it can be asked for, cut where it has no end."""
    scaled = value.numerator * 10**QUANTITY_PLACES // value.denominator
    return Decimal(scaled).scaleb(-QUANTITY_PLACES).normalize()


def _factor(price: PriceRule, period: Period) -> Fraction:
    """How many priced units a measured one is."""
    rule = price.conversion
    if rule is None:
        return Fraction(1)
    if isinstance(rule.divide_by, str):
        seconds = Fraction(period.microseconds, _WHOLE_SECONDS)
        divisor = seconds / PERIOD_DIVISORS[rule.divide_by]
    else:
        divisor = Fraction(rule.divide_by)
    return Fraction(rule.multiply_by) / divisor
