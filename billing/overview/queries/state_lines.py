"""Which line of a bill a state of a resource became: that of the first price that covers it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from billing.catalogue.models import Price
from usage.models import Interval


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line of one resource's usage, and the dimensions its price groups by."""

    position: int
    resource_id: int
    price_id: int
    dimensions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LinesOfStates:
    """The lines of some resources, to be asked which of them a state is on."""

    by_resource: Mapping[int, list[PricedLine]] = field(default_factory=dict)
    prices: Mapping[int, Price] = field(default_factory=dict)

    def of(self, state: Interval) -> tuple[int, ...]:
        """Positions of the state's lines; none where it is priced for the whole account. Prices are
        tried in the order of the plan, as billing does.
        """
        said = state.dimension_set.pricing
        found = [
            (self.prices[line.price_id], line.position)
            for line in self.by_resource.get(state.resource_id, ())
            if self.prices[line.price_id].meter_id == state.meter_id
            and _has(said, {**self.prices[line.price_id].match, **line.dimensions})
        ]
        if not found:
            return ()
        first = min(found, key=lambda each: (each[0].position, each[1]))[0]
        return tuple(sorted(position for price, position in found if price.pk == first.pk))


def lines_of_states(lines: Iterable[PricedLine]) -> LinesOfStates:
    """Look the prices of these lines up; one query, none without lines."""
    by_resource: dict[int, list[PricedLine]] = defaultdict(list)
    for line in lines:
        by_resource[line.resource_id].append(line)
    wanted = {line.price_id for found in by_resource.values() for line in found}
    return LinesOfStates(by_resource, Price.objects.in_bulk(wanted) if wanted else {})


def _has(said: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    return all(said.get(name) == value for name, value in wanted.items())
