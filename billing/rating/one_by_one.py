"""Units that are prorated one by one: each at the price of its own tier, for its own time.

Owns the walk through the units in the order they came and went: units that come are priced where
they come to stand, units that go are those that stood last.
"""

from __future__ import annotations

from fractions import Fraction

from billing.rating.charges import UnitChange
from billing.rating.models.base import ZERO, CannotRate, CumulativeUsage, Priced, PricedPart
from billing.rating.models.tiers import Graduated, GraduatedPercentage, has_packages
from billing.rating.proration import Proration, share_of
from billing.rating.work import Work


def one_by_one(work: Work) -> Priced:
    """Return a part for each change and tier, with the units that count; fees are due in full.

    Raises: CannotRate.
    """
    refuse_packages(work, "units")
    level, parts = work.raw[0], list[PricedPart]()
    if work.model.is_final_only:
        return _by_all(work)
    is_first = work.is_first
    for change in work.detail.units:
        reached = level + Fraction(change.quantity)
        before, after = work.billable(level), work.billable(reached)
        span = CumulativeUsage(before, after, is_first, is_first or (work.owes_fees and not parts))
        part_used = used_units(work, change) / Fraction(change.quantity)
        parts += _scaled(work.model.between(span).parts, part_used)
        level, is_first = reached, False
    return Priced(tuple(parts), sum((part.quantity for part in parts), ZERO))


def used_units(work: Work, change: UnitChange) -> Fraction:
    """Return how many units of a change count.

    Raises: CannotRate.
    """
    if change.prorated_quantity is not None:
        return Fraction(change.prorated_quantity)
    by, terms = work.price.proration, work.terms
    by = Proration.SECOND if by is Proration.NONE else by
    share = share_of(by, change.active, terms.period, terms.zone)
    return Fraction(change.quantity) * share.fraction


def require_one_price(work: Work, quantity: Fraction | None) -> None:
    """Refuse units that are told as a sum where they have different prices: an average would be
    taken in silence. `quantity` is what was agreed, beyond which there is another price.

    Raises: CannotRate.
    """
    before, after = work.billed
    model, new = work.model, work.converted[1] - work.converted[0]
    if isinstance(model, GraduatedPercentage):
        model = model.graduated
    has_several = isinstance(model, Graduated) and len(model.unit_prices(before, after)) > 1
    is_partly_free = work.included and after - before not in (0, new)
    is_partly_beyond = quantity is not None and min(before, after) < quantity < max(before, after)
    if has_several or is_partly_free or is_partly_beyond:
        raise CannotRate(
            "These units have different prices, so it matters which of them count for how long: "
            "give them one by one, as units.",
            field="prorated_quantity",
        )


def refuse_packages(work: Work, field: str) -> None:
    """Refuse units that count in part where a tier sells packages: which of them would be partial?

    Raises: CannotRate.
    """
    if has_packages(work.model):
        detail = "Units sold in packages of a tier's size are not prorated one by one."
        raise CannotRate(detail, field=field)


def _by_all(work: Work) -> Priced:
    """Price all units by the tier that all of them reach."""
    priced = work.model.between(work.span(*work.billed, is_first=True))
    now = work.raw[1] - work.raw[0]
    used = sum((used_units(work, change) for change in work.detail.units), ZERO)
    if used and not now:
        raise CannotRate("All units are gone again, so they reach no tier.", field="units")
    if work.included and work.billed[1] not in (0, work.converted[1]):
        raise CannotRate("Which of these units are included depends on when.", field="units")
    parts = _scaled(priced.parts, used / now if now else ZERO)
    return Priced(tuple(parts), sum((part.quantity for part in parts), ZERO))


def _scaled(parts: tuple[PricedPart, ...], used: Fraction) -> list[PricedPart]:
    return [part._replace(quantity=part.quantity * used) for part in parts]
