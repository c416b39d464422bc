"""Charges of a price code that an account has in parts: its terms change within the period, or it
leaves and comes back.

What is once a period is counted per account and price code, whatever the parts. Where usage is
billed, its price goes on where the last part ended: tiers, allowances, packages, commitments and
caps continue, a minimum is due with the last part only, and a price that looks at the whole
period's quantity (volume, stairstep) is worked out by the terms in force at its end. A fee that is
not prorated is due once, by the first terms (in arrears, by the last). What is prorated is due for
the time of each part. Subscriptions that run beside one another are no parts of one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TypeVar

from billing.catalogue.queries.price_book import BookPrice
from billing.invoicing.drafting.charging import (
    DueCharge,
    Group,
    Groups,
    due,
    item_of,
    place,
)
from billing.invoicing.drafting.runs import Run, chains
from billing.invoicing.drafting.snapshots import Snapshot
from billing.rating import (
    AlreadyBilled,
    Detail,
    LineKind,
    OtherTerms,
    Proration,
    RatedLine,
    expand,
    rate,
    waits_for_the_end,
)
from core.money import Money
from core.periods import Period
from usage.queries.single_events import SingleEvent

Value = TypeVar("Value")


def split_items(
    snapshot: Snapshot, groups: Groups, positions: Sequence[int]
) -> Iterator[DueCharge]:
    """What is charged of the parts that stand at these positions, by code, time.

    Raises: what the rating package refuses, as later parts depend on what earlier ones come to.
    """
    for code in _codes(snapshot, positions):
        for chain in chains(snapshot, groups, positions, code):
            stretches: dict[object, list[Run]] = {}
            for run in chain:
                stretches.setdefault(run.continues, []).append(run)
            for runs in stretches.values():
                yield from (
                    _apart(snapshot, runs) if runs[0].is_prorated else _continued(snapshot, runs)
                )


def _codes(snapshot: Snapshot, positions: Sequence[int]) -> list[str]:
    """In the order of the last version's prices; those it no longer has come after."""
    parts = [snapshot.subscribed[position] for position in reversed(positions)]
    return list(dict.fromkeys(price.code for part in parts for price in part.version.prices))


@dataclass(slots=True)
class _Billed:
    """What the runs so far billed of a group, and what still waits for the end of the period.

    `by` are the prices of those runs, `has_fees` and `discounts` what they billed of what is once a
    period. `events` are the single events of the present run, with those that waited.
    """

    quantity: Decimal = Decimal(0)
    event_count: int = 0
    amount_minor: int = 0
    waiting: Decimal = Decimal(0)
    is_begun: bool = False
    has_fees: bool = False
    discounts_minor: int = 0
    by: list[BookPrice] = field(default_factory=list)
    events: Sequence[SingleEvent] = ()
    waiting_events: Sequence[SingleEvent] = ()

    def already(self, price: BookPrice, currency: str) -> AlreadyBilled | None:
        """What was billed, as a charge by this price is told; None of a first one."""
        if not self.is_begun:
            return None
        amount = Money.from_minor(self.amount_minor, currency).amount
        terms = price.price
        is_by_this = all(each.price == terms for each in self.by)
        is_known = is_by_this and not (terms.is_prorated or terms.model.takes_events)
        if is_known or not terms.has_amounts_once:
            return AlreadyBilled(self.quantity, amount, self.event_count)
        discounts = Money.from_minor(self.discounts_minor, currency).amount
        other_terms = OtherTerms(self.has_fees, discounts)
        return AlreadyBilled(self.quantity, amount, self.event_count, other_terms)

    def note(self, item: DueCharge, lines: Sequence[RatedLine]) -> None:
        """Keep what the lines of a charge came to."""
        self.amount_minor += sum(line.amount_minor for line in lines)
        self.has_fees = self.has_fees or any(map(_has_tier_fee, lines))
        self.discounts_minor -= sum(line.amount_minor for line in lines if _is_fixed(line))
        self.by.append(item.price)
        self.is_begun = True


def _has_tier_fee(line: RatedLine) -> bool:
    priced = expand(line.explanation).step("price")
    if priced is None or not str(priced["model"]).startswith("graduated"):
        return False
    return any("fee" in row for row in priced["rows"])


def _is_fixed(line: RatedLine) -> bool:
    is_discount = line.kind is LineKind.DISCOUNT
    return is_discount and expand(line.explanation).step("fixed_discount") is not None


def _apart(snapshot: Snapshot, runs: Sequence[Run]) -> Iterator[DueCharge]:
    """Each run for its own time. What is once a period all the same, such as a fixed discount, goes
    on. A level, such as seats, is what it had reached by its end.
    """
    billed: dict[Group, _Billed] = {}
    for run in runs:
        found = due(run.price, run.quantities if run.price.adds_up else run.level)
        members = []
        for group, quantity in _in_order(snapshot, found):
            events = run.events.get(group, ())
            item = item_of(snapshot, run.subscribed, run.price, group, quantity, events)
            state = billed.setdefault(group, _Billed())
            if _shares_with_others(run.price):
                detail = replace(
                    item.charge.detail or Detail(),
                    already=state.already(run.price, snapshot.customer.currency),
                    is_final=run is runs[-1],
                )
                item = replace(item, charge=item.charge._replace(detail=detail))
            members.append((state, _keyed(item, run)))
        if run is not runs[-1]:
            lines = _lines_of(members)
            for state, item in members:
                state.note(item, lines.get(item.charge.key, ()))
        yield from (item for _, item in members)


def _shares_with_others(price: BookPrice) -> bool:
    """Whether parts that are due for their own time have something between them all the same."""
    terms = price.price
    limits = [limit for limit in (terms.maximum, terms.minimum) if limit is not None]
    is_once = any(discount.amount is not None for discount in terms.discounts) or bool(limits)
    by_time = any(limit.proration is not Proration.NONE for limit in limits)
    model = terms.model
    return is_once and not (by_time or model.is_final_only or model.takes_events)


def _continued(snapshot: Snapshot, runs: Sequence[Run]) -> list[DueCharge]:
    billed: dict[Group, _Billed] = {}
    start = runs[0].subscribed.span.start
    found: list[DueCharge] = []
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
) -> DueCharge:
    quantity = run.quantities.get(group, Decimal(0)) + state.waiting
    # What waited for the end is billed with it: the line is for all that time.
    subscribed = replace(run.subscribed, span=span) if state.waiting else run.subscribed
    state.events = [*state.waiting_events, *run.events.get(group, ())]
    item = _keyed(item_of(snapshot, subscribed, run.price, group, quantity, state.events), run)
    # Allowances and limits that are prorated grow with the time from the first run on.
    detail = Detail(
        active=None if span == snapshot.scope.period else span,
        already=state.already(run.price, snapshot.customer.currency),
        is_final=is_final,
        events=item.charge.detail.events if item.charge.detail else (),
    )
    return replace(item, charge=item.charge._replace(detail=detail))


def _note(members: Sequence[tuple[_Billed, DueCharge]]) -> list[DueCharge]:
    """Keep what the charges of a run come to.

    Returns those that bill something now; the others wait for the last run.
    """
    lines = _lines_of(members)
    billing = []
    for state, item in members:
        charge = item.charge
        if waits_for_the_end(charge):
            state.waiting, state.waiting_events = charge.measured, state.events
            continue
        # Of a fee, one is billed.
        state.quantity += 1 if item.price.is_fee and not state.is_begun else charge.measured
        state.event_count += len(state.events)
        state.waiting, state.waiting_events = Decimal(0), ()
        state.note(item, lines.get(charge.key, ()))
        billing.append(item)
    return billing


def _lines_of(members: Sequence[tuple[_Billed, DueCharge]]) -> Mapping[str, list[RatedLine]]:
    """The lines of the charges of a run, rated together, as limits may span them."""
    found: dict[str, list[RatedLine]] = {}
    for line in rate([item.charge for _, item in members]):
        found.setdefault(line.charge_key, []).append(line)
    return found


def _keyed(item: DueCharge, run: Run) -> DueCharge:
    """A charge of this run alone. The first run of a subscription has the key it has without a
    change; later ones name when they begin.
    """
    charge = item.charge._replace(price=run.own(item.charge.price))
    if run.number:
        since = run.subscribed.span.start.isoformat().replace("+00:00", "Z")
        charge = charge._replace(key=f"{charge.key}@{since}")
    return replace(item, charge=charge)


def _in_order(snapshot: Snapshot, found: Mapping[Group, Value]) -> list[tuple[Group, Value]]:
    return sorted(found.items(), key=lambda each: place(snapshot, each[0]))
