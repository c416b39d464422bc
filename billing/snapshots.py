"""The one bridge from rows to rating: account periods in, the values a draft depends on out.

Owns the queries. Does not rate: `billing.drafting` does. Any number of accounts costs a fixed
number of queries.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from usage.queries.quantities import MeteredQuantity, UsageWindow, metered_quantities

from accounts.models import Resource
from billing.calendar import AccountPeriod
from billing.customers import Customer, customers
from billing.models import Subscription
from billing.pricebook import BookVersion, versions
from core.errors import DomainError
from core.periods import Period, local_day


@dataclass(frozen=True, slots=True)
class Label:
    """How a resource is named on an invoice, and the app it is printed under."""

    public_id: str
    name: str
    group: str


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A subscription in a period: its terms, and the part of the period it covers."""

    subscription_id: int
    version: BookVersion
    span: Period


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything the draft of one account and period depends on."""

    scope: AccountPeriod
    customer: Customer
    subscribed: Sequence[Subscribed]
    quantities: Sequence[MeteredQuantity]
    labels: Mapping[int, Label]


def snapshots(scopes: Sequence[AccountPeriod]) -> list[Snapshot | DomainError]:
    """What each scope's draft depends on; one period per account. Eight queries in all."""
    subscribed = _subscribed(scopes)
    quantities: dict[int, list[MeteredQuantity]] = defaultdict(list)
    windows = [window for scope in scopes for window in _windows(scope, subscribed)]
    for quantity in metered_quantities(windows):
        quantities[quantity.account_id].append(quantity)
    used = (each.resource_id for some in quantities.values() for each in some)
    labels = _labels({resource_id for resource_id in used if resource_id is not None})
    return [
        customer
        if isinstance(customer, DomainError)
        else Snapshot(
            scope=scope,
            customer=customer,
            subscribed=subscribed.get(scope.account_id, ()),
            quantities=quantities.get(scope.account_id, ()),
            labels=labels,
        )
        for scope, customer in zip(scopes, customers(scopes), strict=True)
    ]


def _subscribed(scopes: Sequence[AccountPeriod]) -> dict[int, list[Subscribed]]:
    periods = {scope.account_id: scope.period for scope in scopes}
    rows = list(
        Subscription.objects.filter(
            account_id__in=periods,
            started_at__lt=max((period.end for period in periods.values()), default=None),
        )
        .order_by("started_at", "pk")
        .values_list("pk", "account_id", "plan_version_id", "started_at", "ended_at")
    )
    books = versions([row[2] for row in rows])
    found: dict[int, list[Subscribed]] = defaultdict(list)
    for pk, account_id, version_id, started_at, ended_at in rows:
        period = periods[account_id]
        start, end = max(started_at, period.start), min(ended_at or period.end, period.end)
        if start < end:
            found[account_id].append(Subscribed(pk, books[version_id], Period(start, end)))
    return found


def _windows(
    scope: AccountPeriod, subscribed: Mapping[int, Sequence[Subscribed]]
) -> Iterator[UsageWindow]:
    """The local days the account was subscribed; usage before and after is not its plan's."""
    spans = [each.span for each in subscribed.get(scope.account_id, ())]
    if spans:
        first = local_day(min(span.start for span in spans), scope.zone)
        last = max(span.end for span in spans)
        until = local_day(last, scope.zone)
        yield UsageWindow(scope.account_id, first, until)


def _labels(resource_ids: set[int]) -> dict[int, Label]:
    rows = Resource.objects.filter(pk__in=resource_ids).values_list(
        "pk", "public_id", "name", "kind", "parent__name"
    )
    return {
        pk: Label(public_id, name, name if kind == Resource.Kind.APP else parent or name)
        for pk, public_id, name, kind, parent in rows
    }
