"""What earlier splits of a period were: all of it, as it was thought, or parts of it.

A later split may follow one that was said to be the last, when usage comes late. Then what is due
at the end of a period, a true-up or a minimum, is in what was billed. Nobody says so: it is told
from the amount, which is nearer to what the price makes of all of it than of a part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from billing.rating.charges import AlreadyBilled, Charge, Detail
from billing.rating.limits import Rated, apply_limits
from billing.rating.pipeline import earlier_charge, rate_slowly
from billing.rating.price import LimitScope, PriceRule
from billing.rating.work import model_of


def with_history(charges: Sequence[Charge]) -> Sequence[Charge]:
    """Return the charges with what their earlier splits are found to have been.

    Raises: CannotRate.
    """
    groups: dict[object, list[int]] = {}
    for position, charge in enumerate(charges):
        if _may_be_lifted(charge):
            shared = id(charge.price) if _is_shared(charge.price.price) else (position,)
            groups.setdefault(shared, []).append(position)
    found = list(charges)
    for positions in groups.values():
        group = [charges[position] for position in positions]
        if _was_final(group):
            for position in positions:
                found[position] = _said_final(charges[position])
    return found


def _may_be_lifted(charge: Charge) -> bool:
    """Say whether earlier splits may have billed what is due at the end, as far as is known."""
    price, earlier = charge.price.price, charge.detail.earlier if charge.detail else None
    has_true_up = price.commitment is not None and price.commitment.has_true_up
    return (
        earlier is not None
        and not price.limits_all
        and (has_true_up or price.minimum is not None)
        and earlier.amount is not None
        and earlier.other_terms is None
        and not (price.model.takes_events or model_of(charge).is_final_only)
    )


def _is_shared(price: PriceRule) -> bool:
    return price.minimum is not None and price.minimum.scope is not LimitScope.CHARGE


def _was_final(group: Sequence[Charge]) -> bool:
    billed = sum((_billed(charge) for charge in group), Fraction(0))
    part = _comes_to(group)
    whole = _comes_to([_said_final(charge) for charge in group])
    return abs(billed - whole) < abs(billed - part)


def _billed(charge: Charge) -> Fraction:
    earlier = charge.detail.earlier if charge.detail else None
    assert earlier is not None
    assert earlier.amount is not None
    return Fraction(earlier.amount) * charge.price.terms.scale


def _comes_to(group: Sequence[Charge]) -> int:
    """Return what the price makes of what earlier splits billed, in minor units."""
    before = [earlier_charge(charge) for charge in group]
    rated = [Rated(charge, rate_slowly(charge)) for charge in before]
    apply_limits(rated)
    return sum(each.posted for each in rated)


def _said_final(charge: Charge) -> Charge:
    detail = charge.detail or Detail()
    already = replace(detail.already or AlreadyBilled(), was_final=True)
    return charge._replace(detail=replace(detail, already=already))
