"""The line that prices a charge's units, or its fee.

Owns the parts of a price in the currency, and the line with every step from what was measured on.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from billing.rating.charges import LineKind, RatedLine
from billing.rating.compiled import factor_of
from billing.rating.exact import decimal_places, number_text
from billing.rating.models.base import ZERO, Priced, PricedPart
from billing.rating.models.matrix import Matrix
from billing.rating.one_by_one import refuse_packages, require_one_price
from billing.rating.price import Rounding
from billing.rating.reading import PRICE_SCALE
from billing.rating.steps import (
    Step,
    allowance_step,
    conversion_step,
    line_of,
    rows_of,
    share_steps,
)
from billing.rating.work import Work
from core.decimals import decimal_text


def usage_line(
    work: Work,
    priced: Priced,
    *,
    extra: list[Step] | None = None,
    kind: LineKind | None = None,
    suffix: str = "",
) -> RatedLine:
    parts = really_used(work, priced.parts)
    amount = sum((part.amount for part in parts), ZERO)
    step: Step = {"step": "price", "model": work.model.name, "rows": rows_of(parts)}
    if isinstance(work.price.model, Matrix):
        step["cell"] = dict(work.price.model.cell(work.charge.dimensions).match)
    if work.price.priced_in is not None:
        step["priced_in"] = work.price.priced_in.unit
        step["value"] = decimal_text(work.price.priced_in.value)
    steps = [*_quantity_steps(work), step | {"amount": number_text(amount)}]
    steps += [*(extra or []), *share_steps(work.share)]
    quantity = priced.quantity
    if work.detail.prorated_quantity is not None or work.detail.units:
        quantity = sum((part.quantity for part in parts), ZERO)
    return line_of(
        work.charge,
        suffix,
        kind or LineKind(work.model.kind),
        amount * work.share.fraction,
        steps,
        quantity=quantity,
        unit_price=_unit_price(_together(parts) if work.detail.units else parts, quantity),
    )


def really_used(work: Work, parts: tuple[PricedPart, ...]) -> list[PricedPart]:
    """Return the parts in the currency, for the units really used where those are prorated.

    Raises: CannotRate.
    """
    used, now = Fraction(1), work.raw[1] - work.raw[0]
    if work.detail.prorated_quantity is not None:
        refuse_packages(work, "prorated_quantity")
    if work.detail.prorated_quantity is not None and now:
        rule = work.price.commitment
        agreed = Fraction(rule.quantity) if rule and rule.quantity is not None else None
        require_one_price(work, agreed)
        used = Fraction(work.detail.prorated_quantity) / now
    return [
        part._replace(
            quantity=part.quantity * used,
            unit_price=part.unit_price * work.value,
            fee=part.fee * work.value,
        )
        for part in parts
    ]


def _unit_price(parts: list[PricedPart], quantity: Fraction) -> Decimal | None:
    """Return the unit price when one row's units, and no fee, make the whole amount.

    None too where some of the quantity was free, so that no price times it is the amount, and where
    it has more decimals than a line can store; the explanation has it in full.
    """
    if len(parts) != 1 or parts[0].fee or parts[0].quantity != quantity:
        return None
    places = decimal_places(parts[0].unit_price.denominator)
    if places is None or places > PRICE_SCALE:
        return None
    return Decimal(number_text(parts[0].unit_price))


def _together(parts: list[PricedPart]) -> list[PricedPart]:
    """Return units that came and went one by one as one part, where all have the same price."""
    if len({part.unit_price for part in parts}) != 1:
        return parts
    sums = [sum(values, ZERO) for values in zip(*((p.quantity, p.fee) for p in parts), strict=True)]
    return [parts[0]._replace(quantity=sums[0], fee=sums[1])]


def _quantity_steps(work: Work) -> list[Step]:
    steps: list[Step] = []
    rule = work.price.conversion
    factor, now = factor_of(rule, work.terms), work.converted[1] - work.converted[0]
    if rule is not None and (factor != 1 or rule.rounding is not Rounding.NONE):
        quantity = work.raw[1] - work.raw[0]
        steps.append(conversion_step(quantity, factor, now, rule.rounding, rule.decimals))
    if work.included:
        billed = work.billed[1] - work.billed[0]
        left = max(work.included - max(work.converted[1], ZERO), ZERO)
        steps.append(allowance_step(work.included, now - billed, left, billed))
    return steps
