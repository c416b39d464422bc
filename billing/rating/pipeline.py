"""The general way to rate a charge: exact rationals through every step, in the one order.

Owns the way of a single charge from its metered quantity to its discounts: `work` has conversion
and allowance, `usage` and `commitments` the price. Limits, which may span charges, are in `limits`;
what concerns the whole account is in `account`. `price.STEPS` has the order.

Splits: every quantity is cumulative over the period, and a split bills what lies between the
quantity billed before and the quantity reached now. So tiers, allowances, packages and commitments
go on where the last split ended. A price that depends on the whole period's quantity is worked out
on the last split, for the whole period; what was billed of it earlier is taken back on a line of
its own, and no later step counts either.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from billing.rating.charges import AlreadyBilled, Charge, Detail, LineKind, RatedLine
from billing.rating.commitments import committed_lines
from billing.rating.exact import number_text, percent_off
from billing.rating.models.base import ZERO, CannotRate
from billing.rating.one_by_one import one_by_one
from billing.rating.price import Discount
from billing.rating.steps import Step, line_of
from billing.rating.usage import usage_line
from billing.rating.work import Work, begin, model_of
from core.decimals import decimal_text
from core.money import round_half_up

_NO_DETAIL = Detail()


def rate_slowly(charge: Charge) -> list[RatedLine]:
    """Rate one charge through every step before the limits.

    Raises: CannotRate.
    """
    work = begin(charge)
    if not work.detail.is_final and work.model.is_final_only:
        return []
    if work.detail.only_takes_back:
        return _reversal(work)
    return _reversal(work) + discounted(charge, _priced_lines(work))


def discounted(charge: Charge, lines: list[RatedLine]) -> list[RatedLine]:
    """Return the lines of a charge with the discounts of its price after them.

    Raises: CannotRate.
    """
    discounts = charge.price.price.discounts
    has_fixed = any(discount.amount is not None for discount in discounts)
    used = _used_before(charge) if has_fixed else {}
    for number, discount in enumerate(discounts, start=1):
        key = f"discount-{number}"
        lines = lines + _discount_lines(charge, key, discount, lines, used.get(key, _Used()))
    return lines


def earlier_charge(charge: Charge) -> Charge:
    """Return what earlier splits billed as if it had been one split by this price.

    Raises: CannotRate when the price needs the single events of earlier splits.
    """
    detail = charge.detail or _NO_DETAIL
    already = detail.earlier or AlreadyBilled()
    if charge.price.price.model.takes_events and (already.quantity or already.events):
        raise CannotRate(
            "Earlier splits cannot be worked out without their events: give the amount that was "
            "already billed, and no fixed discount.",
            field="already_billed",
        )
    before = Detail(active=detail.active, away=detail.away, is_final=already.was_final)
    return charge._replace(quantity=already.quantity, detail=before)


@dataclass(frozen=True, slots=True)
class _Used:
    """What earlier splits used of a fixed discount, and what it was taken off, in minor units.

    `base` is None where only the first is known, of a price with other terms.
    """

    amount: int = 0
    base: int | None = 0


def _used_before(charge: Charge) -> dict[str, _Used]:
    """Return what earlier splits used of each fixed discount, by the name of its line.

    Of other terms only the sum is known: it fills the discounts in their order.
    """
    earlier = charge.detail.earlier if charge.detail else None
    if earlier is None or model_of(charge).is_final_only:
        return {}
    discounts, scale = charge.price.price.discounts, charge.price.terms.scale
    names = [f"discount-{number}" for number in range(1, len(discounts) + 1)]
    if earlier.other_terms is None:
        lines = rate_slowly(earlier_charge(charge))
        return {name: _used(charge, lines, names[place:]) for place, name in enumerate(names)}
    left, used = round_half_up(Fraction(earlier.other_terms.discounts) * scale), {}
    for name, discount in zip(names, discounts, strict=True):
        part = min(left, round_half_up(Fraction(discount.amount or 0) * scale))
        used[name], left = _Used(part, None), left - part
    return used


def _used(charge: Charge, lines: list[RatedLine], names: list[str]) -> _Used:
    """Return what the first of the named discounts took off, and off what."""
    keys = [f"{charge.key}/{name}" for name in names]
    used = -sum(line.amount_minor for line in lines if line.key == keys[0])
    return _Used(used, sum(line.amount_minor for line in lines if line.key not in keys))


def _reversal(work: Work) -> list[RatedLine]:
    """Undo what is billed again as a whole: an earlier bill, or what earlier splits billed of a
    price that depends on the whole period's quantity.
    """
    already, back = work.detail.earlier, work.detail.taken_back
    undone = back.amount if back is not None else Decimal(0)
    if work.model.is_final_only and already is not None and not work.detail.only_takes_back:
        undone += already.amount or 0
    if not undone:
        return []
    step = {"step": "reversal", "already_billed": decimal_text(undone)}
    suffix = "" if work.detail.only_takes_back else "reversal"
    return [line_of(work.charge, suffix, LineKind.REVERSAL, -Fraction(undone), [step])]


def _priced_lines(work: Work) -> list[RatedLine]:
    """Return the usage or fee, and what a commitment adds to it; no fee is billed twice."""
    if work.price.commitment is not None:
        if work.detail.units:
            raise CannotRate("Units one by one cannot have a commitment.", field="units")
        return committed_lines(work, work.price.commitment)
    if work.detail.units:
        return [usage_line(work, one_by_one(work))]
    before, after = work.billed
    priced = work.model.between(work.span(before, after, is_first=work.is_first))
    if work.model.kind == "fee" and not priced.parts:
        return []
    return [usage_line(work, priced)]


def _discount_lines(
    charge: Charge, key: str, discount: Discount, lines: list[RatedLine], before: _Used
) -> list[RatedLine]:
    """Take a discount off what the lines before came to; a fixed one never below zero, and what of
    it is too much because all has become less is given back.
    """
    scale = charge.price.terms.scale
    base = Fraction(sum(line.amount_minor for line in lines), scale)
    step: Step = {"base": number_text(base), "name": discount.name}
    if discount.percent is not None:
        off = percent_off(base, Fraction(discount.percent), scale)
        step |= {"step": "percentage_discount", "percent": decimal_text(discount.percent)}
    else:
        assert discount.amount is not None
        used = Fraction(before.amount, scale)
        if before.base is None:
            off = max(min(Fraction(discount.amount) - used, base), ZERO)
        else:
            so_far = base + Fraction(before.base, scale)
            whole = max(min(Fraction(discount.amount), so_far), ZERO)
            # What is finer than a cent of a discount is not left for later splits.
            off = ZERO if used and round_half_up(whole * scale) == before.amount else whole - used
        step |= {"step": "fixed_discount", "discount": decimal_text(discount.amount)}
        step |= {"used_before": number_text(used)}
    return [line_of(charge, key, LineKind.DISCOUNT, -off, [step])] if off else []
