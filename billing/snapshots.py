"""The one bridge from rows to rating: account periods in, the values a draft depends on out.

Owns the queries. Does not rate: `billing.drafting` does. Any number of accounts costs a fixed
number of queries.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import Resource
from billing.calendar import AccountPeriod
from billing.customers import Customer, customers
from billing.models import Subscription
from billing.pricebook import BookVersion, versions
from core.errors import DomainError
from core.periods import Period, local_day
from usage.queries.quantities import MeteredQuantity, UsageWindow, metered_quantities

MICROSECOND = timedelta(microseconds=1)
DAY = timedelta(days=1)


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
    """What each scope's draft depends on, or why it cannot have one. Eight queries in all."""
    subscribed = _subscribed(scopes)
    positions, windows = [], []
    for position, scope in enumerate(scopes):
        if subscribed[position]:
            positions.append(position)
            windows.append(_window(scope, subscribed[position]))
    quantities: dict[int, list[MeteredQuantity]] = defaultdict(list)
    for quantity in metered_quantities(windows):
        quantities[positions[quantity.window]].append(quantity)
    labels = _labels({each.resource_id for some in quantities.values() for each in some})
    return [
        customer
        if isinstance(customer, DomainError)
        else Snapshot(scope, customer, subscribed[position], quantities[position], labels)
        for position, (scope, customer) in enumerate(zip(scopes, customers(scopes), strict=True))
    ]


def _subscribed(scopes: Sequence[AccountPeriod]) -> list[list[Subscribed]]:
    rows = list(
        Subscription.objects.filter(account_id__in={scope.account_id for scope in scopes})
        .order_by("started_at", "pk")
        .values_list("account_id", "pk", "plan_version_id", "started_at", "ended_at")
    )
    books = versions([row[2] for row in rows])
    by_account: dict[int, list[tuple[int, BookVersion, datetime, datetime | None]]]
    by_account = defaultdict(list)
    for account_id, pk, version_id, started_at, ended_at in rows:
        by_account[account_id].append((pk, books[version_id], started_at, ended_at))
    found: list[list[Subscribed]] = []
    for scope in scopes:
        period = scope.period
        active = []
        for pk, book, started_at, ended_at in by_account[scope.account_id]:
            start, end = max(started_at, period.start), min(ended_at or period.end, period.end)
            if start < end:
                active.append(Subscribed(pk, book, Period(start, end)))
        found.append(active)
    return found


def _window(scope: AccountPeriod, subscribed: Sequence[Subscribed]) -> UsageWindow:
    """The local days the account was subscribed; usage before and after is not its plan's."""
    first = min(each.span.start for each in subscribed)
    last = max(each.span.end for each in subscribed)
    return UsageWindow(
        account_id=scope.account_id,
        day_from=local_day(first, scope.zone),
        day_until=local_day(last - MICROSECOND, scope.zone) + DAY,
        until=scope.until or last,
    )


def _labels(resource_ids: set[int]) -> dict[int, Label]:
    rows = Resource.objects.filter(pk__in=resource_ids).values_list(
        "pk", "public_id", "name", "kind", "parent__name"
    )
    return {
        pk: Label(public_id, name, name if kind == Resource.Kind.APP else parent or name)
        for pk, public_id, name, kind, parent in rows
    }
