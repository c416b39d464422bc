"""The subscriptions of an account, and what is agreed with each instead of its plan's prices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import Account
from billing.catalogue.models import PlanVersion, Price
from billing.contracts.models import PriceOverride, Subscription
from billing.contracts.queries.tenures import versions_held
from core.errors import NotFound


class SubscriptionNotFound(NotFound):
    """The account has no subscription with this id."""

    code = "subscription_not_found"
    title = "No such subscription"


class AgreementNotFound(NotFound):
    """No agreed price has this id."""

    code = "agreed_price_not_found"
    title = "No such agreed price"


@dataclass(frozen=True, slots=True)
class AgreedRow:
    """A price agreed with one subscription; holds during [valid_from, valid_until)."""

    public_id: str
    price_code: str
    price_name: str
    definition: Mapping[str, Any]
    valid_from: datetime
    valid_until: datetime | None
    agreed_by: str
    reason: str
    state: str
    """upcoming, in force or ended."""


@dataclass(frozen=True, slots=True)
class PriceOption:
    """A price of the plan that another can be agreed for."""

    code: str
    name: str
    definition: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SubscriptionRow:
    """A subscription with the version it has now, or had last."""

    public_id: str
    plan: str
    currency: str
    version_id: str
    version_number: int
    started_at: datetime
    ended_at: datetime | None
    agreed: Sequence[AgreedRow]
    prices: Sequence[PriceOption]

    @property
    def has_seats(self) -> bool:
        """Whether a price of it counts seats."""
        return any("seats" in price.definition for price in self.prices)


def subscriptions(account: Account, *, at: datetime) -> list[SubscriptionRow]:
    """Every subscription of an account, those that run first, newest first; a fixed number of
    queries.
    """
    rows = list(account.subscriptions.select_related("plan"))
    held = versions_held([account.pk])
    now_on = {
        tenure.subscription_id: _version_at(held.versions_of(tenure), at)
        for tenure in held.by_account.get(account.pk, ())
    }
    versions = PlanVersion.objects.in_bulk(set(now_on.values()))
    prices: dict[int, list[PriceOption]] = {pk: [] for pk in versions}
    for price in Price.objects.filter(plan_version__in=versions).order_by("position", "pk"):
        option = PriceOption(price.code, price.name, price.definition)
        prices[price.plan_version_id].append(option)
    agreed: dict[int, list[PriceOverride]] = {row.pk: [] for row in rows}
    for each in PriceOverride.objects.filter(subscription__in=rows).order_by("-valid_from", "-pk"):
        agreed[each.subscription_id].append(each)
    found = [
        _row(row, versions[now_on[row.pk]], agreed[row.pk], prices[now_on[row.pk]], at=at)
        for row in rows
    ]
    return sorted(found, key=lambda row: (_is_over(row, at), -row.started_at.timestamp()))


def find_subscription(account: Account, public_id: str) -> Subscription:
    """A subscription of the account. Raises: SubscriptionNotFound."""
    found = account.subscriptions.filter(public_id=public_id[:64]).first()
    if found is None:
        raise SubscriptionNotFound(f"{account.name} has no subscription {public_id[:64]}.")
    return found


def find_agreement(account: Account, public_id: str) -> PriceOverride:
    """An agreed price of the account, its subscription loaded. Raises: AgreementNotFound."""
    found = (
        PriceOverride.objects.select_related("subscription")
        .filter(subscription__account=account, public_id=public_id[:64])
        .first()
    )
    if found is None:
        raise AgreementNotFound(f"{account.name} has no agreed price {public_id[:64]}.")
    return found


def any_subscription(public_id: str) -> Subscription:
    """A subscription of any account, with it and the plan. Raises: SubscriptionNotFound."""
    rows = Subscription.objects.select_related("account", "plan")
    found = rows.filter(public_id=public_id[:64]).first()
    if found is None:
        raise SubscriptionNotFound(f"There is no subscription {public_id[:64]}.")
    return found


def any_agreement(public_id: str) -> PriceOverride:
    """An agreed price of any account, its subscription loaded. Raises: AgreementNotFound."""
    rows = PriceOverride.objects.select_related("subscription__account", "subscription__plan")
    found = rows.filter(public_id=public_id[:64]).first()
    if found is None:
        raise AgreementNotFound(f"There is no agreed price {public_id[:64]}.")
    return found


def _version_at(spans: Sequence[Any], at: datetime) -> int:
    version: int = next((span for span in reversed(spans) if span.start <= at), spans[0]).version_id
    return version


def _is_over(row: SubscriptionRow, at: datetime) -> bool:
    return row.ended_at is not None and row.ended_at <= at


def _row(
    row: Subscription,
    version: PlanVersion,
    agreed: Sequence[PriceOverride],
    prices: Sequence[PriceOption],
    *,
    at: datetime,
) -> SubscriptionRow:
    names = {price.code: price.name for price in prices}
    return SubscriptionRow(
        public_id=row.public_id,
        plan=row.plan.name,
        currency=row.plan.currency,
        version_id=version.public_id,
        version_number=version.number,
        started_at=row.started_at,
        ended_at=row.ended_at,
        agreed=[_agreed(each, names.get(each.price_code, ""), at) for each in agreed],
        prices=prices,
    )


def _agreed(row: PriceOverride, name: str, at: datetime) -> AgreedRow:
    is_over = row.valid_until is not None and row.valid_until <= at
    state = "upcoming" if row.valid_from > at else "in_force"
    return AgreedRow(
        public_id=row.public_id,
        price_code=row.price_code,
        price_name=name or row.price_code,
        definition=row.definition,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        agreed_by=row.agreed_by,
        reason=row.reason,
        state="ended" if is_over else state,
    )
