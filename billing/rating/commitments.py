"""Commitments: a price beyond what was agreed, and a true-up to it.

Owns the usage, overage and true-up lines of a price with a commitment. What is agreed is cumulative
over the period, so splits go on where the last one ended; the true-up comes with the last.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from billing.rating.charges import LineKind, RatedLine
from billing.rating.exact import number_text
from billing.rating.models.base import ZERO, CannotRate, CumulativeUsage, Priced, PricedPart
from billing.rating.price import Commitment
from billing.rating.steps import Step, line_of, share_steps
from billing.rating.usage import really_used, usage_line
from billing.rating.work import Work, share_for
from core.decimals import decimal_text
from core.money import round_half_up


def committed_lines(work: Work, rule: Commitment) -> list[RatedLine]:
    """Return the usage, the overage and the true-up of a charge.

    Raises: CannotRate.
    """
    by = share_for(work.charge, rule.proration).fraction
    if rule.quantity is not None:
        return _unit_commitment(work, rule, Fraction(rule.quantity) * by)
    assert rule.amount is not None
    return _money_commitment(work, rule, Fraction(rule.amount) * by)


def _unit_commitment(work: Work, rule: Commitment, agreed: Fraction) -> list[RatedLine]:
    (before, after), first = work.billed, work.is_first
    model, step = work.model, _commitment_step(rule, agreed)
    within = work.span(min(before, agreed), min(after, agreed), is_first=first)
    lines = [usage_line(work, model.between(within), extra=[step])]
    beyond = (max(before, agreed), max(after, agreed))
    if any(reached > agreed for reached in beyond):
        lines.append(_overage_line(work, rule, beyond, step))
    earlier = 0 if first else _posted(work, _cost_up_to(work, min(before, agreed)))
    if not first and before > agreed:
        earlier += _posted(work, _priced_beyond(work, rule, agreed, before).amount * work.value)
    target = _cost_up_to(work, agreed) if min(before, after) < agreed else ZERO
    is_short = (before < agreed, after < agreed)
    return lines + _true_up(work, rule, _Course(target, is_short, earlier), lines, step)


def _money_commitment(work: Work, rule: Commitment, agreed: Fraction) -> list[RatedLine]:
    (before, after), first = work.billed, work.is_first
    priced = work.model.between(work.span(before, after, is_first=first))
    so_far = ZERO if first else _money_before(work, before)
    now = sum((part.amount for part in really_used(work, priced.parts)), ZERO)
    step = _commitment_step(rule, agreed)
    lines = [usage_line(work, priced, extra=[step])]
    excess = max(so_far + now, agreed) - max(so_far, agreed)
    surcharge = excess * (rule.factor - 1) * work.share.fraction
    if surcharge:
        steps = [step | {"beyond": number_text(excess)}, *share_steps(work.share)]
        lines.append(line_of(work.charge, "overage", LineKind.OVERAGE, surcharge, steps))
    earlier = _posted(work, so_far)
    earlier += _posted(work, max(so_far - agreed, ZERO) * (rule.factor - 1))
    is_short = (so_far < agreed, so_far + now < agreed)
    return lines + _true_up(work, rule, _Course(agreed, is_short, earlier), lines, step)


def _money_before(work: Work, before: Fraction) -> Fraction:
    """Return what earlier splits came to, before any share: by this price, or as other terms did.

    Raises: CannotRate.
    """
    earlier = work.detail.earlier
    if earlier is not None and earlier.other_terms is not None:
        share = work.share.fraction
        return Fraction(earlier.amount or 0) / share if share else ZERO
    if work.model.takes_events:
        raise CannotRate("A committed amount needs the events of the whole period.")
    return _cost_up_to(work, before)


def _posted(work: Work, exact: Fraction) -> int:
    """Return what a line of an amount came to, in minor units."""
    return round_half_up(exact * work.share.fraction * work.terms.scale)


class _Course(NamedTuple):
    """What is agreed, whether it was not and is not reached, and what lines came to before."""

    target: Fraction
    is_short: tuple[bool, bool]
    earlier: int


def _true_up(
    work: Work, rule: Commitment, course: _Course, lines: list[RatedLine], step: Step
) -> list[RatedLine]:
    """Lift the lines, as rounded, to what was agreed; only when no later split follows. What an
    earlier split was lifted by, as if it were the last, counts.
    """
    scale, detail = work.terms.scale, work.detail
    target = course.target * work.share.fraction * scale
    posted = course.earlier + sum(line.amount_minor for line in lines)
    was_short, is_short = course.is_short
    was_final = detail.earlier is not None and detail.earlier.was_final and not work.is_first
    lifted = max(target - course.earlier, ZERO) if was_final and was_short else ZERO
    missing = max(target - posted, ZERO) if detail.is_final and is_short else ZERO
    if not rule.has_true_up or missing == lifted:
        return []
    billed = number_text(Fraction(posted, scale))
    told = step | {"target": number_text(course.target), "billed": billed}
    if lifted:
        told |= {"lifted_before": number_text(Fraction(round_half_up(lifted), scale))}
    exact = Fraction(missing - round_half_up(lifted)) / scale
    if not exact:
        return []
    steps = [told, *share_steps(work.share)]
    return [line_of(work.charge, "commitment", LineKind.TRUE_UP, exact, steps)]


def _commitment_step(rule: Commitment, agreed: Fraction) -> Step:
    name = "amount" if rule.quantity is None else "quantity"
    step: Step = {"step": "commitment", name: number_text(agreed)}
    if rule.overage_unit_price is not None:
        return step | {"overage_unit_price": decimal_text(rule.overage_unit_price)}
    return step | {"overage_factor": decimal_text(rule.overage_factor)}


def _overage_line(
    work: Work, rule: Commitment, bounds: tuple[Fraction, Fraction], step: Step
) -> RatedLine:
    priced = _priced_beyond(work, rule, *bounds)
    return usage_line(work, priced, extra=[step], kind=LineKind.OVERAGE, suffix="overage")


def _priced_beyond(work: Work, rule: Commitment, start: Fraction, end: Fraction) -> Priced:
    """Price what lies beyond what was agreed; fewer units give back what they cost."""
    if rule.overage_unit_price is not None:
        part = PricedPart(0, min(start, end), end - start, Fraction(rule.overage_unit_price), ZERO)
        return Priced((part,), end - start)
    span = CumulativeUsage(start, end, is_first=False, owes_fees=False)
    plain, factor = work.model.between(span), rule.factor
    parts = tuple(
        part._replace(unit_price=part.unit_price * factor, fee=part.fee * factor)
        for part in plain.parts
    )
    return Priced(parts, plain.quantity)


def _cost_up_to(work: Work, quantity: Fraction) -> Fraction:
    """Return what the period costs up to a cumulative quantity, in the currency."""
    return work.model.between(work.span(ZERO, quantity, is_first=True)).amount * work.value
