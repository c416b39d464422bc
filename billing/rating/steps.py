"""The explanation a line carries: the steps it went through, as compact data.

Owns how a step is written (texts and small objects only, so it is JSON as it is) and how a line is
closed: one rounding, half up, named as the last step. `explanation` turns the steps into words.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from billing.rating.charges import (
    STEPPED,
    AlreadyBilled,
    Charge,
    Detail,
    LineKind,
    RatedLine,
    UnitChange,
)
from billing.rating.exact import number_text
from billing.rating.models.base import PricedEvent, PricedPart
from billing.rating.proration import WHOLE, Share
from core.decimals import decimal_text
from core.money import round_half_up
from core.periods import Period

Step = dict[str, Any]


def line_of(
    charge: Charge,
    suffix: str,
    kind: LineKind,
    exact: Fraction,
    steps: Sequence[Step],
    *,
    quantity: Fraction = Fraction(1),
    unit_price: Decimal | None = None,
) -> RatedLine:
    """Round an exact amount of currency units, once, into a line of a charge.

    What was measured goes with the charge's own line and with those that price it, not with those
    that adjust it.
    """
    tells = not suffix or any(step["step"] == "price" for step in steps)
    amount, rounding = rounded(exact, charge.price.terms.exponent)
    return RatedLine(
        key=f"{charge.key}/{suffix}" if suffix else charge.key,
        kind=kind,
        charge_key=charge.key,
        resource=charge.resource,
        tax_group=charge.tax_group,
        amount_minor=amount,
        numerator=exact.numerator,
        denominator=exact.denominator,
        billed_numerator=quantity.numerator,
        billed_denominator=quantity.denominator,
        unit_price=unit_price,
        explanation=(STEPPED, inputs_of(charge) if tells else {}, [*steps, rounding]),
    )


def rounded(exact: Fraction, exponent: int) -> tuple[int, Step]:
    """Round half up to minor units, and say so as a step."""
    scale = 10**exponent
    amount = round_half_up(exact * scale)
    return amount, {
        "step": "rounding",
        "exact": number_text(exact),
        "mode": "half_up",
        "decimals": exponent,
        "amount": number_text(Fraction(amount, scale)),
    }


def inputs_of(charge: Charge) -> dict[str, Any]:
    """Write what was charged, in the words of a pricing document, without its price."""
    inputs: dict[str, Any] = {}
    is_told_singly = charge.detail is not None and (charge.detail.events or charge.detail.units)
    if charge.price.price.meters:
        inputs["events"] = []
    elif charge.price.price.model.kind == "usage" and not is_told_singly:
        inputs["quantity"] = decimal_text(charge.quantity)
    if charge.dimensions:
        inputs["dimensions"] = dict(charge.dimensions)
    return inputs if charge.detail is None else inputs | _details_of(charge.detail)


def _details_of(detail: Detail) -> dict[str, Any]:
    inputs: dict[str, Any] = {}
    if detail.events:
        inputs["events"] = [_event(event) for event in detail.events]
    if detail.already is not None:
        inputs["already_billed"] = _already_billed(detail.already)
    if detail.taken_back is not None:
        inputs["taken_back"] = {
            "quantity": decimal_text(detail.taken_back.quantity),
            "amount": decimal_text(detail.taken_back.amount),
        } | ({} if detail.taken_back.replaced else {"replaced": False})
    if detail.active is not None:
        inputs["active"] = period_text(detail.active)
    if detail.cycle is not None:
        inputs["cycle"] = period_text(detail.cycle)
    if detail.away:
        inputs["away"] = [period_text(each) for each in detail.away]
    if detail.over:
        inputs["over"] = list(detail.over)
    if not detail.is_final:
        inputs["final"] = False
    if detail.units:
        inputs["units"] = [_unit_change(change) for change in detail.units]
    if detail.prorated_quantity is not None:
        inputs["prorated_quantity"] = decimal_text(detail.prorated_quantity)
    return inputs


def _event(event: PricedEvent) -> dict[str, Any]:
    return {
        name: decimal_text(value) if isinstance(value, Decimal) else value
        for name, value in zip(event._fields, event, strict=True)
        if value is not None
    }


def _already_billed(already: AlreadyBilled) -> dict[str, Any]:
    if already.lines is not None:
        amount = decimal_text(already.amount or Decimal(0))
        return {"amount": amount, "lines": decimal_text(already.lines)}
    found: dict[str, Any] = {"quantity": decimal_text(already.quantity), "events": already.events}
    if already.amount is not None:
        found["amount"] = decimal_text(already.amount)
    if already.other_terms is not None:
        discounts = decimal_text(already.other_terms.discounts)
        found["other_terms"] = {"fees": already.other_terms.has_fees, "discounts": discounts}
    return found


def _unit_change(change: UnitChange) -> dict[str, Any]:
    found: dict[str, Any] = {"quantity": decimal_text(change.quantity)}
    if change.prorated_quantity is not None:
        found["prorated_quantity"] = decimal_text(change.prorated_quantity)
    if change.active is not None:
        found["active"] = period_text(change.active)
    return found


def period_text(period: Period) -> dict[str, str]:
    """Write a period as its two instants."""
    return {"from": period.start.isoformat(), "until": period.end.isoformat()}


def conversion_step(
    quantity: Fraction, factor: Fraction, result: Fraction, rounding: str, decimals: int
) -> Step:
    """Write how metered units became priced ones."""
    step: Step = {"step": "conversion", "quantity": number_text(quantity)}
    step |= {"factor": number_text(factor), "result": number_text(result)}
    return step | ({} if rounding == "none" else {"rounding": str(rounding), "decimals": decimals})


def allowance_step(included: Fraction, used: Fraction, left: Fraction, billed: Fraction) -> Step:
    """Write what of the included units was used now, and what is left to bill."""
    return {
        "step": "allowance",
        "included": number_text(included),
        "used": number_text(used),
        "left": number_text(left),
        "billed": number_text(billed),
    }


def rows_of(parts: Sequence[PricedPart]) -> list[Step]:
    """Write the rows of a price that were used; fields that are zero are left out."""
    rows = []
    for part in parts:
        row: Step = {"row": part.row, **part.told, "quantity": number_text(part.quantity)}
        if part.start:
            row["from"] = number_text(part.start)
        if part.unit_price:
            row["unit_price"] = number_text(part.unit_price)
        if part.fee:
            row["fee"] = number_text(part.fee)
        row["amount"] = number_text(part.amount)
        rows.append(row)
    return rows


def share_steps(share: Share) -> list[Step]:
    """Write a proration, unless there was none."""
    if share is WHOLE:
        return []
    return [
        {
            "step": "proration",
            "by": str(share.by),
            "part": number_text(share.part),
            "whole": number_text(share.whole),
        }
    ]
