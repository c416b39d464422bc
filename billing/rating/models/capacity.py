"""One price for the highest tier that any of several meters reaches.

Owns which tier that is. What was measured comes as an event of each meter, named by the dimension
`meter`; what several events of one meter say is added up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import ClassVar

from billing.rating.models.base import (
    ZERO,
    CannotRate,
    Caution,
    CumulativeUsage,
    Priced,
    PricedPart,
)
from billing.rating.reading import QUANTITY_SCALE, Fields, pointer_of

METER = "meter"
_METERS_MAX = 20


@dataclass(frozen=True)
class CapacityTier:
    """Up to and including so much of each meter (None: without end) for one price."""

    up_to: Mapping[str, Decimal] | None
    price: Decimal


@dataclass(frozen=True)
class Capacity:
    """A price for all of the period, by the meter that reaches the highest tier."""

    tiers: tuple[CapacityTier, ...]
    meters: tuple[str, ...]
    is_due_at_zero: bool = True

    name: ClassVar[str] = "capacity"
    kind: ClassVar[str] = "usage"
    is_final_only: ClassVar[bool] = True
    takes_events: ClassVar[bool] = True

    def between(self, span: CumulativeUsage) -> Priced:
        """Return the price of the tier reached; what was billed before is taken back as a whole.

        Raises: CannotRate for a meter without bounds, or less than nothing.
        """
        measured = self._measured(span)
        index = max(self._index(name, measured[name]) for name in self.meters)
        is_due = self.is_due_at_zero or any(measured.values())
        price, count = Fraction(self.tiers[index].price), Fraction(int(is_due))
        return Priced((PricedPart(index, ZERO, count, price, ZERO),), count)

    def _measured(self, span: CumulativeUsage) -> Mapping[str, Fraction]:
        measured = dict.fromkeys(self.meters, ZERO)
        for event in span.events:
            name = (event.dimensions or {}).get(METER, "")
            if name not in measured:
                raise CannotRate(f"The tiers have no bound of meter {name!r}.", field="quantities")
            measured[name] += Fraction(event.quantity)
        for name, quantity in measured.items():
            if quantity < 0:
                raise CannotRate(f"Less than nothing of {name} was used.", field="quantities")
        return measured

    def _index(self, name: str, quantity: Fraction) -> int:
        return next(
            index
            for index, tier in enumerate(self.tiers)
            if tier.up_to is None or quantity <= Fraction(tier.up_to[name])
        )

    def review(self) -> Iterator[Caution]:
        """Name every tier that is cheaper than the one below."""
        for index, (row, above) in enumerate(pairwise(self.tiers), start=1):
            if above.price < row.price:
                detail = f"This tier costs {above.price}, the one below it {row.price}."
                yield Caution(f"/tiers/{index}", "total_falls", detail)


def read_capacity(fields: Fields) -> Capacity:
    """Read {"tiers": [{"up_to": {meter: quantity}, "price"}], "due_at_zero"}."""
    rows: list[CapacityTier] = []
    meters: tuple[str, ...] = ()
    entries = list(fields.objects("tiers"))
    for position, entry in enumerate(entries):
        bounds = entry.optional_object("up_to")
        is_last = position == len(entries) - 1
        if is_last and bounds is not None:
            entry.problem("up_to", "tier_open_missing", "The last tier must be open: no up_to.")
        if not is_last and bounds is None:
            entry.problem("up_to", "tier_open_early", "Only the last tier may be open.")
        if bounds is not None:
            meters = meters or tuple(bounds.names)
        up_to = None if bounds is None else _read_bounds(bounds, meters, rows)
        rows.append(CapacityTier(up_to, entry.decimal("price", at_least="0")))
        entry.close()
    if fields.required("tiers") and not 0 < len(meters) <= _METERS_MAX:
        detail = f"There must be at least two tiers, the first up to 1 to {_METERS_MAX} meters."
        fields.problem("tiers", "tiers_missing", detail)
    is_due_at_zero = fields.boolean("due_at_zero", default=True)
    return Capacity(tuple(rows), meters, is_due_at_zero)


def _read_bounds(
    bounds: Fields, meters: tuple[str, ...], below: list[CapacityTier]
) -> Mapping[str, Decimal]:
    lowest = below[-1].up_to if below else None
    found: dict[str, Decimal] = {}
    for name in meters:
        found[name] = bounds.decimal(name, scale=QUANTITY_SCALE)
        least = (lowest or {}).get(name, Decimal(0))
        if found[name] <= least:
            bounds.problem(name, "tier_order", f"{name} must rise; it must be above {least}.")
    bounds.close()
    return found


def read_quantities(group: Fields, meters: tuple[str, ...]) -> Mapping[str, Decimal]:
    """Read {"quantities": {meter: quantity}}: what each meter measured in all of the period."""
    given = group.object("quantities")
    for name in given.names:
        if name not in meters:
            detail = f"The tiers have bounds of: {', '.join(meters)}."
            given.problems.add(given.pointer + pointer_of(name), "meter_unknown", detail)
            given.raw(name)
    return {name: given.decimal(name, scale=QUANTITY_SCALE) for name in meters}
