"""The general way to rate a charge: exact rationals through every step, in the one order.

Owns the steps of a single charge from its metered quantity to its discounts: conversion,
allowance, price, commitment, proration, discounts. Limits, which may span charges, are in `limits`;
what concerns the whole account is in `account`. `price.STEPS` has the order.

Splits: every quantity is cumulative over the period, and a split bills what lies between the
quantity billed before and the quantity reached now. So tiers, allowances, packages and commitments
go on where the last split ended. A price that depends on the whole period's quantity is worked out
on the last split, for the whole period; what was billed of it earlier is taken back on a line of
its own, and no later step counts either.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

from billing.rating.charges import AlreadyBilled, Charge, Detail, Kind, RatedLine, Terms
from billing.rating.compiled import factor_of
from billing.rating.exact import decimal_places, number_text
from billing.rating.models.base import ZERO, CannotRate, Model, Part, Priced, Span
from billing.rating.models.matrix import Matrix
from billing.rating.price import Commitment, Conversion, Discount, Price, Rounding
from billing.rating.proration import Proration, Share, share_of
from billing.rating.reading import PRICE_SCALE
from billing.rating.steps import (
    Step,
    allowance_step,
    conversion_step,
    line_of,
    rows_of,
    share_steps,
)
from core.decimals import decimal_text
from core.money import round_half_up

_NO_DETAIL = Detail()


@dataclass(frozen=True, slots=True)
class _Work:
    """One charge being rated: what applies to it, its cumulative quantities before and after."""

    charge: Charge
    detail: Detail
    price: Price
    terms: Terms
    model: Model
    share: Share
    raw: tuple[Fraction, Fraction]
    converted: tuple[Fraction, Fraction]
    included: Fraction
    billed: tuple[Fraction, Fraction]

    def span(self, before: Fraction, after: Fraction, *, is_first: bool) -> Span:
        detail = self.detail
        events_before = detail.already.events if detail.already else 0
        return Span(before, after, is_first, detail.events, events_before)

    @property
    def is_first(self) -> bool:
        """Whether nothing of what is worked out now was billed by an earlier split."""
        return self.detail.already is None or self.model.is_final_only

    @property
    def value(self) -> Fraction:
        """What one unit the price is written in is worth in the currency."""
        return Fraction(self.price.priced_in.value) if self.price.priced_in else Fraction(1)


def rate_slowly(charge: Charge) -> list[RatedLine]:
    """Rate one charge through every step before the limits.

    Raises: CannotRate.
    """
    work = _begin(charge)
    if not work.detail.is_final and work.model.is_final_only:
        return []
    reversal, lines = _reversal(work), _priced_lines(work)
    has_fixed = any(discount.amount is not None for discount in work.price.discounts)
    earlier = earlier_lines(charge) if has_fixed and work.detail.already else []
    for number, discount in enumerate(work.price.discounts, start=1):
        key = f"discount-{number}"
        used = -sum(line.amount_minor for line in earlier if line.key == f"{charge.key}/{key}")
        lines += _discount_lines(charge, key, discount, lines, used)
    return reversal + lines


def earlier_lines(charge: Charge) -> list[RatedLine]:
    """Return the lines the quantity billed before would have had, without limits.

    Raises: CannotRate when the price needs the single events of earlier splits.
    """
    detail = charge.detail or _NO_DETAIL
    already = detail.already or AlreadyBilled()
    if charge.price.price.model.takes_events and already.quantity:
        raise CannotRate(
            "Say what was already billed as an amount; its events are not known here.",
            field="already_billed",
        )
    before = replace(detail, already=None, is_final=False, events=(), prorated_quantity=None)
    return rate_slowly(charge._replace(quantity=already.quantity, detail=before))


def _begin(charge: Charge) -> _Work:
    price, terms, detail = charge.price.price, charge.price.terms, charge.detail or _NO_DETAIL
    before = Fraction(detail.already.quantity) if detail.already else ZERO
    now = sum((Fraction(event.quantity) for event in detail.events), Fraction(charge.quantity))
    raw = (before, before + now)
    factor, rule = factor_of(price.conversion, terms), price.conversion
    converted = (_convert(raw[0], factor, rule), _convert(raw[1], factor, rule))
    included = ZERO
    if price.included is not None:
        included = Fraction(price.included.quantity)
        included *= _share(charge, price.included.proration).fraction
    billed = (_beyond(converted[0], included), _beyond(converted[1], included))
    share = _share(charge, price.proration)
    model = model_of(charge)
    return _Work(charge, detail, price, terms, model, share, raw, converted, included, billed)


def model_of(charge: Charge) -> Model:
    """Return the model that prices a charge: of a matrix, the one in its cell.

    Raises: CannotRate.
    """
    model = charge.price.price.model
    return model.cell(charge.dimensions).model if isinstance(model, Matrix) else model


def _share(charge: Charge, by: Proration) -> Share:
    active = charge.detail.active if charge.detail else None
    return share_of(by, active, charge.price.terms.period, charge.price.terms.zone)


def _convert(quantity: Fraction, factor: Fraction, rule: Conversion | None) -> Fraction:
    converted = quantity * factor
    if rule is None or rule.rounding is Rounding.NONE:
        return converted
    scale = Fraction(10) ** rule.decimals
    return _whole(converted * scale, rule.rounding) / scale


def _whole(value: Fraction, rounding: Rounding) -> int:
    if rounding is Rounding.UP:
        return ceil(value)
    return floor(value) if rounding is Rounding.DOWN else round_half_up(value)


def _beyond(quantity: Fraction, included: Fraction) -> Fraction:
    """Return what is left after the included units; a negative quantity stays as it is."""
    return quantity if quantity < 0 else max(quantity - included, ZERO)


def _reversal(work: _Work) -> list[RatedLine]:
    """Undo what earlier splits billed of a price that depends on the whole period's quantity."""
    already = work.detail.already
    if not work.model.is_final_only or already is None or not already.amount:
        return []
    step = {"step": "reversal", "already_billed": decimal_text(already.amount)}
    return [line_of(work.charge, "reversal", Kind.REVERSAL, -Fraction(already.amount), [step])]


def _priced_lines(work: _Work) -> list[RatedLine]:
    """Return the usage or fee, and what a commitment adds to it."""
    (before, after), committed = work.billed, work.price.commitment
    first = work.is_first
    if committed is None:
        return [_usage_line(work, work.model.between(work.span(before, after, is_first=first)))]
    by = _share(work.charge, committed.proration).fraction
    if committed.quantity is None:
        assert committed.amount is not None
        return _money_commitment(work, committed, Fraction(committed.amount) * by)
    return _unit_commitment(work, committed, Fraction(committed.quantity) * by)


def _unit_commitment(work: _Work, rule: Commitment, agreed: Fraction) -> list[RatedLine]:
    (before, after), first = work.billed, work.is_first
    model, step = work.model, _commitment_step(rule, agreed)
    within = work.span(min(before, agreed), min(after, agreed), is_first=first)
    lines = [_usage_line(work, model.between(within), extra=[step])]
    if after > agreed:
        lines.append(_overage_line(work, rule, (max(before, agreed), after), step))
    if after >= agreed:
        return lines
    target, earlier = _cost_up_to(work, agreed), ZERO if first else _cost_up_to(work, before)
    return lines + _true_up(work, rule, target, earlier, lines, step)


def _money_commitment(work: _Work, rule: Commitment, agreed: Fraction) -> list[RatedLine]:
    (before, after), first = work.billed, work.is_first
    priced = work.model.between(work.span(before, after, is_first=first))
    earlier = ZERO
    if not first:
        if work.model.takes_events:
            raise CannotRate("A committed amount needs the events of the whole period.")
        earlier = _cost_up_to(work, before)
    now = sum((part.amount for part in _really_used(work, priced.parts)), ZERO)
    step = _commitment_step(rule, agreed)
    lines = [_usage_line(work, priced, extra=[step])]
    excess = max(earlier + now, agreed) - max(earlier, agreed)
    surcharge = excess * (rule.factor - 1) * work.share.fraction
    if surcharge:
        steps = [step | {"beyond": number_text(excess)}, *share_steps(work.share)]
        lines.append(line_of(work.charge, "overage", Kind.OVERAGE, surcharge, steps))
    if earlier + now < agreed:
        lines += _true_up(work, rule, agreed, earlier, lines, step)
    return lines


def _true_up(
    work: _Work,
    rule: Commitment,
    target: Fraction,
    earlier: Fraction,
    lines: list[RatedLine],
    step: Step,
) -> list[RatedLine]:
    """Lift the lines, as rounded, to what was agreed; only when no later split follows."""
    if not rule.has_true_up or not work.detail.is_final:
        return []
    scale, share = work.terms.scale, work.share.fraction
    posted = round_half_up(earlier * share * scale) + sum(line.amount_minor for line in lines)
    missing = target * share - Fraction(posted, scale)
    if missing <= 0:
        return []
    steps = [step | {"target": number_text(target), "billed": number_text(Fraction(posted, scale))}]
    steps += share_steps(work.share)
    return [line_of(work.charge, "commitment", Kind.TRUE_UP, missing, steps)]


def _commitment_step(rule: Commitment, agreed: Fraction) -> Step:
    name = "amount" if rule.quantity is None else "quantity"
    step: Step = {"step": "commitment", name: number_text(agreed)}
    if rule.overage_unit_price is not None:
        return step | {"overage_unit_price": decimal_text(rule.overage_unit_price)}
    return step | {"overage_factor": decimal_text(rule.overage_factor)}


def _overage_line(
    work: _Work, rule: Commitment, bounds: tuple[Fraction, Fraction], step: Step
) -> RatedLine:
    start, end = bounds
    if rule.overage_unit_price is not None:
        part = Part(0, start, end - start, Fraction(rule.overage_unit_price), ZERO)
        priced = Priced((part,), end - start)
    else:
        plain, factor = work.model.between(work.span(start, end, is_first=False)), rule.factor
        parts = tuple(
            part._replace(unit_price=part.unit_price * factor, fee=part.fee * factor)
            for part in plain.parts
        )
        priced = Priced(parts, plain.quantity)
    return _usage_line(work, priced, extra=[step], kind=Kind.OVERAGE, suffix="overage")


def _cost_up_to(work: _Work, quantity: Fraction) -> Fraction:
    """Return what the period costs up to a cumulative quantity, in the currency."""
    return work.model.between(work.span(ZERO, quantity, is_first=True)).amount * work.value


def _really_used(work: _Work, parts: tuple[Part, ...]) -> list[Part]:
    """Return the parts in the currency, for the units really used where those are prorated."""
    used, now = Fraction(1), work.raw[1] - work.raw[0]
    if work.detail.prorated_quantity is not None and now:
        used = Fraction(work.detail.prorated_quantity) / now
    return [
        part._replace(
            quantity=part.quantity * used,
            unit_price=part.unit_price * work.value,
            fee=part.fee * work.value,
        )
        for part in parts
    ]


def _usage_line(
    work: _Work,
    priced: Priced,
    *,
    extra: list[Step] | None = None,
    kind: Kind | None = None,
    suffix: str = "",
) -> RatedLine:
    parts = _really_used(work, priced.parts)
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
    if work.detail.prorated_quantity is not None:
        quantity = sum((part.quantity for part in parts), ZERO)
    return line_of(
        work.charge,
        suffix,
        kind or Kind(work.model.kind),
        amount * work.share.fraction,
        steps,
        quantity=quantity,
        unit_price=_unit_price(parts),
    )


def _unit_price(parts: list[Part]) -> Decimal | None:
    """Return the unit price when one row's units, and no fee, make the whole amount.

    None too where it has more decimals than a line can store; the explanation has it in full.
    """
    if len(parts) != 1 or parts[0].fee:
        return None
    places = decimal_places(parts[0].unit_price.denominator)
    if places is None or places > PRICE_SCALE:
        return None
    return Decimal(number_text(parts[0].unit_price))


def _quantity_steps(work: _Work) -> list[Step]:
    steps: list[Step] = []
    rule = work.price.conversion
    factor, now = factor_of(rule, work.terms), work.converted[1] - work.converted[0]
    if rule is not None and (factor != 1 or rule.rounding is not Rounding.NONE):
        quantity = work.raw[1] - work.raw[0]
        steps.append(conversion_step(quantity, factor, now, rule.rounding, rule.decimals))
    if work.included:
        billed = work.billed[1] - work.billed[0]
        left = max(work.included - work.converted[1], ZERO)
        steps.append(allowance_step(work.included, now - billed, left, billed))
    return steps


def _discount_lines(
    charge: Charge, key: str, discount: Discount, lines: list[RatedLine], used_minor: int
) -> list[RatedLine]:
    """Take a discount off what the lines before came to; a fixed one never below zero."""
    scale = charge.price.terms.scale
    base = Fraction(sum(line.amount_minor for line in lines), scale)
    step: Step = {"base": number_text(base), "name": discount.name}
    if discount.percent is not None:
        off = base * Fraction(discount.percent) / 100
        step |= {"step": "percentage_discount", "percent": decimal_text(discount.percent)}
    else:
        assert discount.amount is not None
        left = Fraction(discount.amount) - Fraction(used_minor, scale)
        off = max(min(left, base), ZERO)
        step |= {"step": "fixed_discount", "discount": decimal_text(discount.amount)}
        step |= {"used_before": number_text(Fraction(used_minor, scale))}
    return [line_of(charge, key, Kind.DISCOUNT, -off, [step])] if off else []
