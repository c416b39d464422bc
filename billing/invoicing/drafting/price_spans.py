"""The parts in which an account has a price code within a period, in order of time.

Owns which parts follow one another: those of one subscription, and those of subscriptions that do
not run beside one another. What is gone again by a later part is taken off the latest part that
still has it, so that every unit is undone at the price it was billed at.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import pairwise

from billing.catalogue.queries.price_book import BookPrice
from billing.invoicing.drafting.charging import (
    NOTHING,
    ChargeGroup,
    Events,
    Groups,
    Quantities,
    Used,
)
from billing.invoicing.drafting.segments import Subscribed
from billing.invoicing.drafting.snapshots import Snapshot
from billing.rating import CompiledPrice
from core.periods import Period

CountedTogether = tuple[frozenset[int], tuple[str, ...]]
"""What is counted by a price, and how it is grouped."""


@dataclass(frozen=True, slots=True)
class PriceSpan:
    """A price with a code while its terms stay the same; `number` counts those of a subscription.

    `level` is what was reached by its end, where a meter measures a level, such as seats.
    """

    number: int
    price: BookPrice
    subscribed: Subscribed
    quantities: Quantities
    events: Events
    level: Quantities = field(default_factory=dict)
    _compiled: dict[int, CompiledPrice] = field(default_factory=dict)

    @property
    def counted(self) -> CountedTogether:
        """Runs that are the same in this count the same."""
        return self.price.measured, tuple(self.price.group_by)

    @property
    def continues(self) -> tuple[object, ...]:
        """Runs that are the same in this go on where the one before ended."""
        return self.price.price.model.kind, *self.counted

    def own(self, price: CompiledPrice) -> CompiledPrice:
        """A price of this run alone: what limits its charges share counts other runs as billed."""
        return self._compiled.setdefault(id(price), replace(price))


def families(snapshot: Snapshot) -> list[list[int]]:
    """The positions of subscriptions that have a price code in common, one way or another."""
    found: list[tuple[set[object], list[int]]] = []
    for position, subscribed in enumerate(snapshot.subscribed):
        names: set[object] = {price.code for price in subscribed.version.prices}
        names.add(subscribed.subscription_id)
        positions = [position]
        for family in [each for each in found if each[0] & names]:
            found.remove(family)
            names |= family[0]
            positions = [*family[1], *positions]
        found.append((names, sorted(positions)))
    return sorted(positions for _, positions in found)


def chains(
    snapshot: Snapshot, groups: Groups, positions: Sequence[int], code: str
) -> list[list[PriceSpan]]:
    """The runs of a price code; subscriptions beside one another have chains of their own."""
    found: list[list[PriceSpan]] = []
    numbers: dict[int, int] = {}
    for position in sorted(positions, key=lambda each: snapshot.subscribed[each].span.start):
        part = snapshot.subscribed[position]
        price = next((each for each in part.version.prices if each.code == code), None)
        if price is None or price.is_of_cycle:
            continue
        used = groups.get((position, price.id), NOTHING)
        chain = _chain_of(part, found)
        if chain and _goes_on(chain[-1], price, part):
            chain[-1] = _longer(chain[-1], price, part, used)
            continue
        number = numbers.get(part.subscription_id, 0)
        numbers[part.subscription_id] = number + 1
        chain.append(PriceSpan(number, price, part, used.quantities, used.events))
    return [_leveled(_settled(chain)) for chain in found]


def _chain_of(part: Subscribed, found: list[list[PriceSpan]]) -> list[PriceSpan]:
    """The chain a part goes on: its subscription's, else one that has ended, else a new one."""
    ended = [each for each in found if each[-1].subscribed.span.end <= part.span.start]
    same = [each for each in ended if each[-1].subscribed.subscription_id == part.subscription_id]
    for chain in [*same, *ended]:
        return chain
    found.append([])
    return found[-1]


def _goes_on(last: PriceSpan, price: BookPrice, part: Subscribed) -> bool:
    return (
        last.subscribed.subscription_id == part.subscription_id
        and last.subscribed.span.end == part.span.start
        and last.price.same_terms(price)
    )


def _longer(last: PriceSpan, price: BookPrice, part: Subscribed, used: Used) -> PriceSpan:
    return PriceSpan(
        last.number,
        price,
        replace(part, span=Period(last.subscribed.span.start, part.span.end)),
        added(last.quantities, used.quantities),
        _together(last.events, used.events),
    )


def _settled(chain: list[PriceSpan]) -> list[PriceSpan]:
    """The runs with what is less than nothing taken off the latest ones before that have it."""
    runs = list(chain)
    for place, run in enumerate(chain):
        if run.price.price.is_told_by_events:
            continue
        for group, quantity in run.quantities.items():
            left = quantity
            for earlier in range(place - 1, -1, -1):
                before = runs[earlier]
                there = before.quantities.get(group, Decimal(0))
                if left >= 0:
                    break
                if there <= 0 or before.counted != run.counted or _is_single(before):
                    continue
                taken = min(there, -left)
                runs[earlier] = _changed(before, group, there - taken)
                left += taken
            if left != quantity:
                runs[place] = _changed(runs[place], group, left)
    return runs


def _is_single(run: PriceSpan) -> bool:
    return run.price.price.is_told_by_events


def _changed(run: PriceSpan, group: ChargeGroup, quantity: Decimal) -> PriceSpan:
    return replace(run, quantities={**run.quantities, group: quantity})


def _leveled(chain: list[PriceSpan]) -> list[PriceSpan]:
    reached: dict[CountedTogether, Quantities] = {}
    runs = []
    for run in chain:
        level = reached[run.counted] = added(reached.get(run.counted, {}), run.quantities)
        runs.append(replace(run, level=level))
    return runs


def gaps(runs: Sequence[PriceSpan]) -> tuple[Period, ...]:
    """The time between runs, in which there was none of them."""
    spans = [run.subscribed.span for run in runs]
    return tuple(
        Period(before.end, after.start)
        for before, after in pairwise(spans)
        if before.end < after.start
    )


def added(some: Quantities, more: Quantities) -> Quantities:
    """Two sets of quantities as one."""
    zero = Decimal(0)
    return {group: some.get(group, zero) + more.get(group, zero) for group in {**some, **more}}


def _together(some: Events, more: Events) -> Events:
    return {group: [*some.get(group, ()), *more.get(group, ())] for group in {**some, **more}}
