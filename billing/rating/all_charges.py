"""The least and the most that the charges of a subscription cost together, whatever their prices.

Such a limit is a price like any other, with a charge and a line of its own, after those of the
charges it is over. It looks at what their lines come to as rounded, discounts and limits included,
and at what earlier parts of the period came to.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from billing.rating.charges import Charge, Detail, LineKind, RatedLine
from billing.rating.exact import number_text
from billing.rating.least_and_most import limited
from billing.rating.price import PriceLimit
from billing.rating.steps import Step, line_of, share_steps
from billing.rating.work import share_for
from core.money import round_half_up

_NO_DETAIL = Detail()


def limit_lines(
    limiting: Sequence[Charge], charges: Sequence[Charge], lines: Sequence[RatedLine]
) -> Iterator[RatedLine]:
    """Yield a line for each of the `limiting` charges that lifts or cuts what others come to.

    `charges` are all that are rated, `lines` those of the others.

    Raises: CannotRate.
    """
    subscriptions = {charge.key: charge.subscription for charge in charges}
    sums: dict[str, int] = defaultdict(int)
    for line in lines:
        sums[subscriptions[line.charge_key]] += line.amount_minor
    for charge in limiting:
        found = _limit_line(charge, sums)
        if found is not None:
            yield found


def _limit_line(charge: Charge, sums: Mapping[str, int]) -> RatedLine | None:
    detail, scale = charge.detail or _NO_DETAIL, charge.price.terms.scale
    posted = sum(sums.get(name, 0) for name in detail.over or (charge.subscription,))
    already = detail.already
    billed = Fraction((already and already.amount) or 0) * scale
    lines_before = Fraction((already and already.lines) or 0) * scale
    price, total = charge.price.price, lines_before + posted
    least = price.minimum if detail.is_final else None
    capped = limited(total, _amount(charge, price.maximum), None)
    lifted = limited(capped, None, _amount(charge, least))
    moved, moved_before = lifted - total, billed - lines_before
    # What is finer than a minor unit is not left for later parts.
    due = round_half_up(moved) - moved_before if moved_before else moved
    if not due:
        return None
    told = {"per": "subscription", "billed_before": number_text(billed / scale)}
    told |= {"lines": number_text(Fraction(posted, scale))}
    if already is not None:
        told["lines_before"] = number_text(lines_before / scale)
    steps = [
        *_steps(charge, "maximum", price.maximum, told),
        *_steps(charge, "minimum", least, told),
    ]
    kind = LineKind.TRUE_UP if lifted > capped or moved_before > 0 else LineKind.CAP
    return line_of(charge, "", kind, due / scale, steps)


def _amount(charge: Charge, limit: PriceLimit | None) -> Fraction | None:
    """Return a limit in minor units, for the time its charge was active."""
    if limit is None:
        return None
    share = share_for(charge, limit.proration).fraction
    return Fraction(limit.amount) * share * charge.price.terms.scale


def _steps(charge: Charge, name: str, limit: PriceLimit | None, told: Step) -> list[Step]:
    if limit is None:
        return []
    step = {"step": name, "limit": number_text(Fraction(limit.amount)), **told}
    return [step, *share_steps(share_for(charge, limit.proration))]
