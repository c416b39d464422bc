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

from decimal import Decimal
from fractions import Fraction

from billing.rating.charges import AlreadyBilled, Charge, Detail, Kind, RatedLine
from billing.rating.commitments import committed_lines
from billing.rating.exact import number_text
from billing.rating.models.base import ZERO, CannotRate
from billing.rating.price import Discount
from billing.rating.steps import Step, line_of
from billing.rating.usage import usage_line
from billing.rating.work import Work, begin
from core.decimals import decimal_text

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
    discounts, detail = charge.price.price.discounts, charge.detail
    has_fixed = any(discount.amount is not None for discount in discounts)
    earlier = earlier_lines(charge) if has_fixed and detail and detail.already else []
    for number, discount in enumerate(discounts, start=1):
        key = f"discount-{number}"
        used = -sum(line.amount_minor for line in earlier if line.key == f"{charge.key}/{key}")
        lines = lines + _discount_lines(charge, key, discount, lines, used)
    return lines


def earlier_lines(charge: Charge) -> list[RatedLine]:
    """Return the lines the quantity billed before would have had, without limits.

    Raises: CannotRate when the price needs the single events of earlier splits.
    """
    detail = charge.detail or _NO_DETAIL
    already = detail.already or AlreadyBilled()
    if charge.price.price.model.takes_events and (already.quantity or already.events):
        raise CannotRate(
            "Earlier splits cannot be worked out without their events: give the amount that was "
            "already billed, and no fixed discount.",
            field="already_billed",
        )
    before = Detail(active=detail.active, is_final=False)
    return rate_slowly(charge._replace(quantity=already.quantity, detail=before))


def _reversal(work: Work) -> list[RatedLine]:
    """Undo what is billed again as a whole: an earlier bill, or what earlier splits billed of a
    price that depends on the whole period's quantity.
    """
    already, back = work.detail.already, work.detail.taken_back
    undone = back.amount if back is not None else Decimal(0)
    if work.model.is_final_only and already is not None and not work.detail.only_takes_back:
        undone += already.amount or 0
    if not undone:
        return []
    step = {"step": "reversal", "already_billed": decimal_text(undone)}
    suffix = "" if work.detail.only_takes_back else "reversal"
    return [line_of(work.charge, suffix, Kind.REVERSAL, -Fraction(undone), [step])]


def _priced_lines(work: Work) -> list[RatedLine]:
    """Return the usage or fee, and what a commitment adds to it; no fee is billed twice."""
    if work.price.commitment is not None:
        return committed_lines(work, work.price.commitment)
    before, after = work.billed
    priced = work.model.between(work.span(before, after, is_first=work.is_first))
    if work.model.kind == "fee" and not priced.parts:
        return []
    return [usage_line(work, priced)]


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
