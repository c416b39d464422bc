"""Commitments: a price beyond what was agreed, and a true-up to it.

Owns the usage, overage and true-up lines of a price with a commitment. What is agreed is cumulative
over the period, so splits go on where the last one ended; the true-up comes with the last.
"""

from __future__ import annotations

from fractions import Fraction

from billing.rating.charges import Kind, RatedLine
from billing.rating.exact import number_text
from billing.rating.models.base import ZERO, CannotRate, Part, Priced
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
    if after > agreed:
        lines.append(_overage_line(work, rule, (max(before, agreed), after), step))
    if after >= agreed:
        return lines
    target, earlier = _cost_up_to(work, agreed), ZERO if first else _cost_up_to(work, before)
    return lines + _true_up(work, rule, target, earlier, lines, step)


def _money_commitment(work: Work, rule: Commitment, agreed: Fraction) -> list[RatedLine]:
    (before, after), first = work.billed, work.is_first
    priced = work.model.between(work.span(before, after, is_first=first))
    earlier = ZERO
    if not first:
        if work.model.takes_events:
            raise CannotRate("A committed amount needs the events of the whole period.")
        earlier = _cost_up_to(work, before)
    now = sum((part.amount for part in really_used(work, priced.parts)), ZERO)
    step = _commitment_step(rule, agreed)
    lines = [usage_line(work, priced, extra=[step])]
    excess = max(earlier + now, agreed) - max(earlier, agreed)
    surcharge = excess * (rule.factor - 1) * work.share.fraction
    if surcharge:
        steps = [step | {"beyond": number_text(excess)}, *share_steps(work.share)]
        lines.append(line_of(work.charge, "overage", Kind.OVERAGE, surcharge, steps))
    if earlier + now < agreed:
        lines += _true_up(work, rule, agreed, earlier, lines, step)
    return lines


def _true_up(
    work: Work,
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
    work: Work, rule: Commitment, bounds: tuple[Fraction, Fraction], step: Step
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
    return usage_line(work, priced, extra=[step], kind=Kind.OVERAGE, suffix="overage")


def _cost_up_to(work: Work, quantity: Fraction) -> Fraction:
    """Return what the period costs up to a cumulative quantity, in the currency."""
    return work.model.between(work.span(ZERO, quantity, is_first=True)).amount * work.value
