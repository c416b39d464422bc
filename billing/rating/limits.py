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

from billing.rating.charges import Charge, Kind, RatedLine
from billing.rating.exact import number_text
from billing.rating.explanation import expand
from billing.rating.models.base import ZERO
from billing.rating.pipeline import earlier_lines
from billing.rating.price import Limit, Scope
from billing.rating.proration import WHOLE, Share, share_of
from billing.rating.steps import Step, line_of, share_steps
from billing.rating.work import model_of
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
        return sum(line.amount_minor for line in self.lines if line.kind is not Kind.REVERSAL)


def apply_limits(rated: Iterable[Rated]) -> None:
    """Add caps, then true-ups to minimums, to the charges whose prices have them."""
    members = list(rated)
    for group in _groups(members, "maximum"):
        _cap(group)
    for group in _groups(members, "minimum"):
        _lift(group)


def _limit(charge: Charge, name: str) -> Limit | None:
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
        if limit.scope is Scope.ACCOUNT:
            shared = (price,)
        elif limit.scope is Scope.RESOURCE and member.charge.resource is not None:
            shared = (price, member.charge.resource)
        groups.setdefault(shared, []).append(member)
    return list(groups.values())


def _cap(group: list[Rated]) -> None:
    if _is_well_below(group):
        return
    limit, share = _shared_limit(group, "maximum")
    scale = _scale(group)
    most = Fraction(limit.amount) * share.fraction * scale
    before, posted = sum((billed_before(member) for member in group), ZERO), _posted(group)
    # The size is limited: a credit is capped like a charge, and a cap never turns one around.
    over = max(ZERO, min(abs(Fraction(posted)), abs(before + posted) - most))
    cut = -over if posted > 0 else over
    if not cut:
        return
    step = _step("maximum", limit, scale, before, posted)
    if len(group) == 1:
        step |= _capped_rows(group[0], max(most - before, ZERO) / scale)
        _add(group[0], "cap", Kind.CAP, cut / scale, [step, *share_steps(share)])
        return
    parts = allocate(round_half_up(cut), [abs(member.posted) for member in group])
    for member, part in zip(group, parts, strict=True):
        if part:
            _add(member, "cap", Kind.CAP, Fraction(part, scale), [step, *share_steps(share)])


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
    if not all(member.charge.detail is None or member.charge.detail.is_final for member in group):
        return
    limit, share = _shared_limit(group, "minimum")
    scale = _scale(group)
    before, posted = sum((billed_before(member) for member in group), ZERO), _posted(group)
    missing = Fraction(limit.amount) * share.fraction * scale - before - posted
    if missing > 0:
        step = _step("minimum", limit, scale, before, posted)
        _add(group[0], "minimum", Kind.TRUE_UP, missing / scale, [step, *share_steps(share)])


def billed_before(member: Rated) -> Fraction:
    """Return what earlier splits billed of a charge, in minor units, limits included.

    Raises: CannotRate when it is not said and cannot be worked out.
    """
    charge, detail = member.charge, member.charge.detail
    scale = charge.price.terms.scale
    if detail is None or detail.already is None or model_of(charge).is_final_only:
        return ZERO
    if detail.already.amount is not None:
        return Fraction(detail.already.amount) * scale
    earlier = Rated(charge, earlier_lines(charge))
    limit = charge.price.price.maximum
    if limit is None:
        return Fraction(earlier.posted)
    most = Fraction(limit.amount) * _share(charge, limit).fraction * scale
    return min(Fraction(earlier.posted), most)


def _shared_limit(group: list[Rated], name: str) -> tuple[Limit, Share]:
    """Return the limit of a group and the longest share of the period any member has of it."""
    limits = [(_limit(member.charge, name), member.charge) for member in group]
    shares = [(limit, _share(charge, limit)) for limit, charge in limits if limit is not None]
    return max(shares, key=lambda pair: pair[1].fraction)


def _share(charge: Charge, limit: Limit) -> Share:
    terms = charge.price.terms
    if charge.detail is None:
        return WHOLE
    return share_of(limit.proration, charge.detail.active, terms.period, terms.zone)


def _scale(group: list[Rated]) -> int:
    return group[0].charge.price.terms.scale


def _posted(group: list[Rated]) -> int:
    return sum(member.posted for member in group)


def _step(name: str, limit: Limit, scale: int, before: Fraction, posted: int) -> Step:
    return {
        "step": name,
        "limit": number_text(Fraction(limit.amount)),
        "per": str(limit.scope),
        "billed_before": number_text(before / scale),
        "lines": number_text(Fraction(posted, scale)),
    }


def _add(member: Rated, suffix: str, kind: Kind, exact: Fraction, steps: list[Step]) -> None:
    member.lines.append(line_of(member.charge, suffix, kind, exact, steps))
