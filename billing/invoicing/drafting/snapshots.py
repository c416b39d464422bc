"""The one bridge from rows to rating: account periods in, the values a draft depends on out.

Owns the queries. Does not rate: `billing.invoicing.drafting.rated` does. Any number of accounts
costs a fixed number of queries.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from accounts.models import Resource
from billing.catalogue.queries.price_book import (
    BookVersion,
    meters_of_single_events,
    versions,
)
from billing.contracts.queries.tenures import Tenures, tenures
from billing.invoicing.drafting.assumptions import NOTHING_ASSUMED, Assumption
from billing.invoicing.drafting.beside_usage import beside_usage, book_of
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.drafting.customers import Customer, customers
from billing.invoicing.drafting.cycle_fees import CycleFee
from billing.invoicing.drafting.segments import (
    Cuts,
    Subscribed,
    between,
    cuts_of,
    events_within,
    remeasured,
)
from billing.rating import AccountTerms
from core.errors import DomainError
from core.periods import Period
from usage.queries.quantities import MeteredQuantity, metered_quantities
from usage.queries.single_events import EventsWanted, SingleEvent, single_events

__all__ = ["Label", "Snapshot", "Subscribed", "snapshots"]

NO_ACCOUNT_TERMS = AccountTerms()


@dataclass(frozen=True, slots=True)
class Label:
    """How a resource is named on an invoice, and the app it is printed under."""

    public_id: str
    name: str
    group: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything the draft of one account and period depends on.

    Where terms change within the period, its usage is cut into `segments`, and the `window` of a
    quantity is the position of its segment; without segments the usage is that of the whole.
    `events` are those of meters with a price that looks at every event by itself, in order of time.
    `cycle_fees` are fees that are due for cycles of their own, `seats` what was counted of seats,
    by position in `subscribed` and price. `account_terms` are what the account gets or pays beside
    its charges, such as discounts and grants, of which there are none yet; tax is added to the
    draft (`taxing`).
    """

    scope: AccountPeriod
    customer: Customer
    subscribed: Sequence[Subscribed]
    quantities: Sequence[MeteredQuantity]
    labels: Mapping[int, Label]
    segments: Sequence[Period] = ()
    events: Sequence[SingleEvent] = ()
    account_terms: AccountTerms = NO_ACCOUNT_TERMS
    cycle_fees: Sequence[CycleFee] = ()
    seats: Mapping[tuple[int, int], Decimal] = field(default_factory=dict)

    @property
    def active(self) -> list[list[tuple[int, Subscribed]]]:
        """What may bill the usage of each segment, with its position in `subscribed`."""
        placed = list(enumerate(self.subscribed))
        return [
            [each for each in placed if each[1].span.contains(segment.start)]
            for segment in self.segments
        ] or [placed]


def snapshots(
    scopes: Sequence[AccountPeriod],
    assuming: Assumption = NOTHING_ASSUMED,
    *,
    settled: bool = True,
) -> list[Snapshot | DomainError]:
    """What each scope's draft depends on, or why it cannot have one.

    Eleven queries in all, and a few more where terms change within a day, or where a price looks at
    single events. Where it need not be `settled`, stale usage is read as it was built last. Raises:
    UsageUnsettled (retryable), where something is stale otherwise.
    """
    held = tenures({scope.account_id for scope in scopes})
    books = versions(held.version_ids)
    subscribed = _subscribed(scopes, held, books, assuming)
    beside = beside_usage(scopes, held, books, subscribed, assuming)
    cuts = [
        cuts_of(scope, each, assuming, zones=held.zones[scope.account_id])
        for scope, each in zip(scopes, subscribed, strict=True)
    ]
    quantities = _quantities(cuts, settled=settled)
    events = _events(subscribed, cuts)
    for position, scope in enumerate(scopes):
        changes = assuming.remeasured.get((scope.account_id, scope.period.start))
        if changes and position in quantities:
            segments = _segments(cuts[position])
            quantities[position] = remeasured(
                quantities[position],
                changes,
                account_id=scope.account_id,
                segment=len(segments) - 1 if segments else None,
            )
    labels = labels_of(
        {
            each.resource_id
            for found in (quantities, events)
            for some in found.values()
            for each in some
            if each.resource_id is not None
        }
    )
    return [
        customer
        if isinstance(customer, DomainError)
        else Snapshot(
            scope,
            customer,
            subscribed[position],
            quantities[position],
            labels,
            _segments(cuts[position]),
            events[position],
            cycle_fees=beside.fees.get(position, ()),
            seats=beside.seats.get(position, {}),
        )
        for position, (scope, customer) in enumerate(zip(scopes, customers(scopes), strict=True))
    ]


def _subscribed(
    scopes: Sequence[AccountPeriod],
    held: Tenures,
    books: Mapping[int, BookVersion],
    assuming: Assumption,
) -> list[list[Subscribed]]:
    return [
        [
            Subscribed(
                stretch.tenure.subscription_id, book_of(stretch, books, assuming), stretch.span
            )
            for stretch in held.stretches(scope.account_id, scope.period)
        ]
        for scope in scopes
    ]


def _quantities(cuts: Sequence[Cuts | None], *, settled: bool) -> dict[int, list[MeteredQuantity]]:
    """What is billed of each scope that has cuts, by its position; one question for all."""
    windows, asked = [], []
    for position, each in enumerate(cuts):
        for number, window in enumerate(each.windows if each else ()):
            windows.append(window)
            asked.append((position, number))
    answers: dict[int, list[list[MeteredQuantity]]] = {
        position: [[] for _ in each.windows] for position, each in enumerate(cuts) if each
    }
    for quantity in metered_quantities(windows, settled=settled):
        position, number = asked[quantity.window]
        answers[position][number].append(quantity)
    found: dict[int, list[MeteredQuantity]] = defaultdict(list)
    for position, answer in answers.items():
        each = cuts[position]
        assert each is not None
        found[position] = answer[0] if each.is_whole else list(between(each, answer))
    return found


def _events(
    subscribed: Sequence[Sequence[Subscribed]], cuts: Sequence[Cuts | None]
) -> dict[int, list[SingleEvent]]:
    """The single events of each scope with a price that needs them; one question for all."""
    wanted, asked = [], []
    for position, (terms, each) in enumerate(zip(subscribed, cuts, strict=True)):
        meters = [meters_of_single_events(one.version) for one in terms]
        if each is not None and any(meters):
            # The last window is the whole of them all.
            wanted.append(EventsWanted(each.windows[-1], frozenset().union(*meters)))
            asked.append((position, each))
    answers: dict[int, list[SingleEvent]] = defaultdict(list)
    for event in single_events(wanted):
        answers[event.window].append(event)
    found: dict[int, list[SingleEvent]] = defaultdict(list)
    for number, (position, each) in enumerate(asked):
        found[position] = list(events_within(each, answers[number]))
    return found


def _segments(cuts: Cuts | None) -> Sequence[Period]:
    return () if cuts is None or cuts.is_whole else cuts.segments


def labels_of(resource_ids: Collection[int]) -> dict[int, Label]:
    """How resources are named on an invoice; one query."""
    rows = Resource.objects.filter(pk__one_of=resource_ids).values_list(
        "pk", "public_id", "name", "kind", "parent__name"
    )
    return {
        pk: Label(public_id, name, name if kind == Resource.Kind.APP else parent or name)
        for pk, public_id, name, kind, parent in rows
    }
