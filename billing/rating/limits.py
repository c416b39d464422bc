"""The most and the least that is billed, for a charge, a resource, or a whole account.

Owns the cap and the true-up to a minimum. Both look at what lines come to as rounded, and at what
earlier splits of the period billed, so that a customer can check them on the printed invoice and a
maximum of 25.00 never becomes 25.01. The minimum is looked at after the maximum and only when no
later split of the period follows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Context
from fractions import Fraction

from billing.rating.charges import Charge, LineKind, RatedLine
from billing.rating.exact import number_text
from billing.rating.explanation import expand
from billing.rating.least_and_most import cut_by, lift_by
from billing.rating.models.base import ZERO, CannotRate
from billing.rating.pipeline import earlier_charge, rate_slowly
from billing.rating.price import LimitScope, PriceLimit
from billing.rating.proration import WHOLE, Share
from billing.rating.steps import Step, line_of, share_steps
from billing.rating.work import model_of, share_for
from core.money import allocate, round_half_up

_EXACT = Context(prec=120)


@dataclass(slots=True)
class Rated:
    """A charge with its lines so far; limits add to them."""

    charge: Charge
    lines: list[RatedLine] = field(default_factory=list)

    @property
    def posted(self) -> int:
        """What the lines come to, in minor units; taking back an earlier bill is no part of it."""
        return sum(line.amount_minor for line in self.lines if line.kind is not LineKind.REVERSAL)


def apply_limits(rated: Iterable[Rated]) -> None:
    """Add caps, then true-ups to minimums, to the charges whose prices have them."""
    members = list(rated)
    for group in _groups(members, "maximum"):
        _cap(group)
    for group in _groups(members, "minimum"):
        _lift(group)


def _limit(charge: Charge, name: str) -> PriceLimit | None:
    price = charge.price.price
    return price.maximum if name == "maximum" else price.minimum


def _groups(members: list[Rated], name: str) -> list[list[Rated]]:
    """Gather the charges that share one limit: same compiled price, same scope."""
    groups: dict[object, list[Rated]] = {}
    for position, member in enumerate(members):
        limit = _limit(member.charge, name)
        if limit is None:
            continue
        price, key = id(member.charge.price), (position, "")
        shared: tuple[object, ...] = key
        if limit.scope is LimitScope.ACCOUNT:
            shared = (price,)
        elif limit.scope is LimitScope.RESOURCE and member.charge.resource is not None:
            shared = (price, member.charge.resource)
        groups.setdefault(shared, []).append(member)
    return list(groups.values())


def _cap(group: list[Rated]) -> None:
    if _is_well_below(group):
        return
    limit, share = _shared_limit(group, "maximum")
    scale, posted = _scale(group), Fraction(_posted(group))
    most = Fraction(limit.amount) * share.fraction * scale
    before = sum((billed_before(member) for member in group), ZERO) - _lifted_before(group)
    cut = cut_by(most, _uncut(group, before, most), before, posted)
    if not cut:
        return
    step = _step("maximum", limit, scale, before, posted)
    if len(group) == 1:
        if cut < 0:
            step |= _capped_rows(group[0], max(most - before, ZERO) / scale)
        _add(group[0], "cap", LineKind.CAP, cut / scale, [step, *share_steps(share)])
        return
    parts = allocate(round_half_up(cut), [abs(member.posted) for member in group])
    for member, part in zip(group, parts, strict=True):
        if part:
            _add(member, "cap", LineKind.CAP, Fraction(part, scale), [step, *share_steps(share)])


def _uncut(group: list[Rated], before: Fraction, most: Fraction) -> Fraction:
    """Return what earlier splits would have billed without the maximum, where it cut them: what it
    cut is given back first when all becomes less. It cut nothing that does not reach it.
    """
    if abs(before) <= most - 1:
        return before
    uncut = sum((Fraction(_worked_out(member)) for member in group), ZERO)
    return uncut if abs(uncut) > abs(before) and uncut * before >= 0 else before


def _worked_out(member: Rated) -> int:
    """Return what earlier splits of a charge come to by its price, without limits; what other
    terms billed, and what only events could tell, is not known here.

    Raises: CannotRate when less of single events comes under a maximum that was reached.
    """
    charge = member.charge
    earlier = charge.detail.earlier if charge.detail else None
    if earlier is None or earlier.other_terms is not None or model_of(charge).is_final_only:
        return 0
    if charge.price.price.model.takes_events and earlier.amount is not None:
        if member.posted < 0:
            raise CannotRate(
                "What a maximum cut of earlier splits needs their events: bill all of it again "
                "(taken_back).",
                field="already_billed",
            )
        return 0
    return Rated(charge, rate_slowly(earlier_charge(charge))).posted


def _is_well_below(group: list[Rated]) -> bool:
    """Say quickly that charges for a whole period, billed for the first time, stay below."""
    limit = _limit(group[0].charge, "maximum")
    if limit is None or any(member.charge.detail is not None for member in group):
        return False
    most = limit.amount.scaleb(group[0].charge.price.terms.exponent, _EXACT)
    return 0 <= _posted(group) <= most


def _capped_rows(member: Rated, room: Fraction) -> Step:
    """Say which rows of the price the cap takes from, where the price is all there is."""
    if len(member.lines) != 1:
        return {}
    priced = expand(member.lines[0].explanation).step("price")
    rows = []
    for row in priced["rows"] if priced else ():
        amount = Fraction(row["amount"])
        fits = max(min(amount, room), ZERO)
        room -= fits
        if amount > fits:
            rows.append({"row": row["row"], "cut": number_text(amount - fits)})
    return {"rows": rows}


def _lift(group: list[Rated]) -> None:
    lifted = _lifted_before(group)
    is_final = all(not member.charge.detail or member.charge.detail.is_final for member in group)
    if not (is_final or lifted):
        return
    limit, share = _shared_limit(group, "minimum")
    scale, posted = _scale(group), Fraction(_posted(group))
    before = sum((billed_before(member) for member in group), ZERO) - lifted
    least = Fraction(limit.amount) * share.fraction * scale
    lift = lift_by(least if is_final else None, before, posted, Fraction(lifted))
    if lift:
        step = _step("minimum", limit, scale, before, posted)
        if lifted:
            step |= {"lifted_before": number_text(Fraction(lifted, scale))}
        _add(group[0], "minimum", LineKind.TRUE_UP, lift / scale, [step, *share_steps(share)])


def _lifted_before(group: list[Rated]) -> int:
    """Return by what earlier splits were lifted as if they had been all of the period."""
    if not any(_was_final(member.charge) for member in group):
        return 0
    before = [Rated(charge, rate_slowly(charge)) for charge in _earlier_charges(group)]
    apply_limits(before)
    lifts = (line for each in before for line in each.lines if line.key.endswith("/minimum"))
    return sum(line.amount_minor for line in lifts)


def _was_final(charge: Charge) -> bool:
    earlier = charge.detail.earlier if charge.detail else None
    return earlier is not None and earlier.was_final


def _earlier_charges(group: list[Rated]) -> list[Charge]:
    return [
        earlier_charge(member.charge)
        for member in group
        if member.charge.detail and member.charge.detail.earlier
    ]


def billed_before(member: Rated) -> Fraction:
    """Return what earlier splits billed of a charge, in minor units, limits included.

    Raises: CannotRate when it is not said and cannot be worked out.
    """
    charge, detail = member.charge, member.charge.detail
    scale = charge.price.terms.scale
    if detail is None or detail.earlier is None or model_of(charge).is_final_only:
        return ZERO
    if detail.earlier.amount is not None:
        return Fraction(detail.earlier.amount) * scale
    earlier = Rated(charge, rate_slowly(earlier_charge(charge)))
    limit = charge.price.price.maximum
    if limit is None:
        return Fraction(earlier.posted)
    most = Fraction(limit.amount) * _share(charge, limit).fraction * scale
    return min(Fraction(earlier.posted), most)


def _shared_limit(group: list[Rated], name: str) -> tuple[PriceLimit, Share]:
    """Return the limit of a group and the longest share of the period any member has of it."""
    limits = [(_limit(member.charge, name), member.charge) for member in group]
    shares = [(limit, _share(charge, limit)) for limit, charge in limits if limit is not None]
    return max(shares, key=lambda pair: pair[1].fraction)


def _share(charge: Charge, limit: PriceLimit) -> Share:
    return WHOLE if charge.detail is None else share_for(charge, limit.proration)


def _scale(group: list[Rated]) -> int:
    return group[0].charge.price.terms.scale


def _posted(group: list[Rated]) -> int:
    return sum(member.posted for member in group)


def _step(name: str, limit: PriceLimit, scale: int, before: Fraction, posted: Fraction) -> Step:
    return {
        "step": name,
        "limit": number_text(Fraction(limit.amount)),
        "per": str(limit.scope),
        "billed_before": number_text(before / scale),
        "lines": number_text(posted / scale),
    }


def _add(member: Rated, suffix: str, kind: LineKind, exact: Fraction, steps: list[Step]) -> None:
    member.lines.append(line_of(member.charge, suffix, kind, exact, steps))
