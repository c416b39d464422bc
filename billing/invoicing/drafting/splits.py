"""Charges of a subscription whose terms change within the period.

Where the price code stays, its usage price goes on where the last part ended: tiers, allowances,
packages, commitments and caps continue, a minimum is due with the last part only, and a price that
looks at the whole period's quantity (volume, stairstep) is worked out by the terms in force at its
end. A fee is due for the time of each part. So is a usage price that is prorated: it is for having
something for a time. Parts with the same terms are one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import groupby
from typing import TypeVar

from billing.catalogue.queries.price_book import BookPrice
from billing.invoicing.drafting.charging import (
    NOTHING,
    Events,
    Group,
    Groups,
    Item,
    Quantities,
    due,
    item_of,
    place,
)
from billing.invoicing.drafting.segments import Subscribed
from billing.invoicing.drafting.snapshots import Snapshot
from billing.rating import AlreadyBilled, Detail, Proration, rate, waits_for_the_end
from core.money import Money
from core.periods import Period
from usage.queries.single_events import SingleEvent

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Run:
    """A price with a code while its terms stay the same; `number` counts those of the code."""

    number: int
    price: BookPrice
    subscribed: Subscribed
    quantities: Quantities
    events: Events

    @property
    def continues(self) -> tuple[object, ...]:
        """Runs that are the same in this go on where the one before ended."""
        price = self.price
        return price.is_fee, price.price.proration, tuple(price.group_by), price.meter_id

    @property
    def stands_alone(self) -> bool:
        """Whether it is due for its time, whatever other runs billed."""
        return self.price.is_fee or self.price.price.proration is not Proration.NONE


def split_items(snapshot: Snapshot, groups: Groups, positions: Sequence[int]) -> Iterator[Item]:
    """What is charged of the subscription whose parts stand at these positions, by code, time.

    Raises: what the rating package refuses, as later parts depend on what earlier ones come to.
    """
    for code in _codes(snapshot, positions):
        runs = _runs(snapshot, groups, positions, code)
        for _, stretch in groupby(runs, key=lambda run: run.continues):
            members = list(stretch)
            if members[0].stands_alone:
                yield from _apart(snapshot, members)
            else:
                yield from _continued(snapshot, members)


def _codes(snapshot: Snapshot, positions: Sequence[int]) -> list[str]:
    """In the order of the last version's prices; those it no longer has come after."""
    parts = [snapshot.subscribed[position] for position in reversed(positions)]
    return list(dict.fromkeys(price.code for part in parts for price in part.version.prices))


def _runs(snapshot: Snapshot, groups: Groups, positions: Sequence[int], code: str) -> list[Run]:
    runs: list[Run] = []
    for position in positions:
        part = snapshot.subscribed[position]
        price = next((each for each in part.version.prices if each.code == code), None)
        if price is None:
            continue
        used = groups.get((position, price.id), NOTHING)
        last = runs[-1] if runs else None
        if (
            last is not None
            and last.price.same_terms(price)
            and last.subscribed.span.end == part.span.start
        ):
            span = Period(last.subscribed.span.start, part.span.end)
            runs[-1] = Run(
                last.number,
                price,
                replace(part, span=span),
                _added(last.quantities, used.quantities),
                _together(last.events, used.events),
            )
        else:
            runs.append(Run(len(runs), price, part, used.quantities, used.events))
    return runs


def _added(some: Quantities, more: Quantities) -> Quantities:
    zero = Decimal(0)
    return {group: some.get(group, zero) + more.get(group, zero) for group in {**some, **more}}


def _together(some: Events, more: Events) -> Events:
    return {group: [*some.get(group, ()), *more.get(group, ())] for group in {**some, **more}}


def _apart(snapshot: Snapshot, runs: Sequence[Run]) -> Iterator[Item]:
    """Each run for its own time. A level, such as seats, is what it had reached by its end."""
    reached: Quantities = {}
    for run in runs:
        reached = _added(reached, run.quantities)
        found = run.quantities if run.price.adds_up else reached
        for group, quantity in _in_order(snapshot, due(run.price, found)):
            events = run.events.get(group, ())
            item = item_of(snapshot, run.subscribed, run.price, group, quantity, events)
            yield _keyed(item, run)


@dataclass(slots=True)
class _Billed:
    """What the runs so far billed of a group, and what still waits for the end of the period.

    `events` are the single events of the present run, with those that waited.
    """

    quantity: Decimal = Decimal(0)
    event_count: int = 0
    amount_minor: int = 0
    waiting: Decimal = Decimal(0)
    is_begun: bool = False
    events: Sequence[SingleEvent] = ()
    waiting_events: Sequence[SingleEvent] = ()


def _continued(snapshot: Snapshot, runs: Sequence[Run]) -> list[Item]:
    billed: dict[Group, _Billed] = {}
    start = runs[0].subscribed.span.start
    found: list[Item] = []
    for run in runs:
        is_final = run is runs[-1]
        for group in due(run.price, run.quantities):
            billed.setdefault(group, _Billed())
        span = Period(start, run.subscribed.span.end)
        members = [
            (state, _continuing(snapshot, run, group, state, span, is_final=is_final))
            for group, state in _in_order(snapshot, billed)
        ]
        if is_final:
            return found + [item for _, item in members]
        found += _note(members)
    return found


def _continuing(
    snapshot: Snapshot, run: Run, group: Group, state: _Billed, span: Period, *, is_final: bool
) -> Item:
    quantity = run.quantities.get(group, Decimal(0)) + state.waiting
    # What waited for the end is billed with it: the line is for all that time.
    subscribed = replace(run.subscribed, span=span) if state.waiting else run.subscribed
    state.events = [*state.waiting_events, *run.events.get(group, ())]
    item = _keyed(item_of(snapshot, subscribed, run.price, group, quantity, state.events), run)
    already = None
    if state.is_begun:
        amount = Money.from_minor(state.amount_minor, snapshot.customer.currency).amount
        already = AlreadyBilled(state.quantity, amount, state.event_count)
    # Allowances and limits that are prorated grow with the time from the first run on.
    active = None if span == snapshot.scope.period else span
    told = item.charge.detail.events if item.charge.detail else ()
    detail = Detail(active=active, already=already, is_final=is_final, events=told)
    return replace(item, charge=item.charge._replace(detail=detail))


def _note(members: Sequence[tuple[_Billed, Item]]) -> list[Item]:
    """Rate the charges of a run together, as limits may span them, and keep what they came to.

    Returns those that bill something now; the others wait for the last run.
    """
    amounts: dict[str, int] = {}
    for line in rate([item.charge for _, item in members]):
        amounts[line.charge_key] = amounts.get(line.charge_key, 0) + line.amount_minor
    billing = []
    for state, item in members:
        charge = item.charge
        if waits_for_the_end(charge):
            state.waiting, state.waiting_events = charge.measured, state.events
            continue
        state.quantity += charge.measured
        state.event_count += len(state.events)
        state.waiting, state.waiting_events = Decimal(0), ()
        state.amount_minor += amounts.get(charge.key, 0)
        state.is_begun = True
        billing.append(item)
    return billing


def _keyed(item: Item, run: Run) -> Item:
    """The first run has the key it has without a change; later ones name when they begin."""
    if not run.number:
        return item
    since = run.subscribed.span.start.isoformat().replace("+00:00", "Z")
    return replace(item, charge=item.charge._replace(key=f"{item.charge.key}@{since}"))


def _in_order(snapshot: Snapshot, found: Mapping[Group, Value]) -> list[tuple[Group, Value]]:
    return sorted(found.items(), key=lambda each: place(snapshot, each[0]))
