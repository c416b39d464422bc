"""The seats of subscriptions, as the drafting of bills and the pages read them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from accounts.models import Account
from billing.catalogue.models import Price
from billing.contracts.models import BoughtSeats, SeatHolder, Subscription
from billing.contracts.queries.tenures import versions_held
from billing.contracts.seat_counting import SeatSpan
from core.errors import NotFound

HOLDERS_SHOWN = 200


class SeatNotFound(NotFound):
    """The account has no such seat."""

    code = "seat_not_found"
    title = "No such seat"


SeatsOf = Mapping[tuple[int, str, bool], Sequence[SeatSpan]]
"""Spans of seats by subscription, price code, and whether they are those that somebody holds."""

NO_SEATS: SeatsOf = MappingProxyType({})


def seats_of(subscription_ids: Collection[int]) -> SeatsOf:
    """The seats of subscriptions, bought and held, in order of time; two queries."""
    found: dict[tuple[int, str, bool], list[SeatSpan]] = defaultdict(list)
    ids = set(subscription_ids)
    bought = BoughtSeats.objects.filter(subscription_id__one_of=ids).order_by("valid_from", "pk")
    for pk, code, start, end, quantity in bought.values_list(
        "subscription_id", "price_code", "valid_from", "valid_until", "quantity"
    ):
        found[pk, code, False].append(SeatSpan(start, end, quantity))
    held = SeatHolder.objects.filter(subscription_id__one_of=ids).order_by("held_from", "pk")
    for pk, code, start, end in held.values_list(
        "subscription_id", "price_code", "held_from", "held_until"
    ):
        found[pk, code, True].append(SeatSpan(start, end, 1))
    return dict(found)


def seat_prices(subscription: Subscription, at: datetime) -> list[Price]:
    """The prices of seats that the plan of a subscription has at an instant; four queries."""
    held = versions_held([subscription.account_id])
    tenures = held.by_account.get(subscription.account_id, ())
    tenure = next(each for each in tenures if each.subscription_id == subscription.pk)
    spans = held.versions_of(tenure)
    version = next((each for each in reversed(spans) if each.start <= at), spans[0])
    rows = Price.objects.filter(plan_version=version.version_id, definition__has_key="seats")
    return list(rows.order_by("position", "pk"))


def bought_now(subscription: Subscription, price_code: str, at: datetime) -> int:
    """How many seats of a price a subscription has at an instant; one query."""
    rows = BoughtSeats.objects.filter(
        subscription=subscription, price_code=price_code, valid_from__lte=at
    )
    row = rows.order_by("-valid_from").first()
    is_over = row is None or (row.valid_until is not None and row.valid_until <= at)
    return 0 if row is None or is_over else row.quantity


@dataclass(frozen=True, slots=True)
class SeatRow:
    """One holder of a seat, or so many bought, over time; an open end is None."""

    public_id: str
    subscription: str
    plan: str
    price_code: str
    label: str
    start: datetime
    end: datetime | None
    is_bought: bool = False


def seats_of_account(account: Account) -> list[SeatRow]:
    """What an account bought of seats, then who holds them, the first first; two queries."""
    bought = BoughtSeats.objects.filter(subscription__account=account)
    held = SeatHolder.objects.filter(subscription__account=account)
    related = "subscription__plan"
    rows = [
        SeatRow(
            each.public_id,
            each.subscription.public_id,
            each.subscription.plan.name,
            each.price_code,
            f"{each.quantity:,} bought",
            each.valid_from,
            each.valid_until,
            is_bought=True,
        )
        for each in bought.select_related(related).order_by("price_code", "valid_from", "pk")
    ]
    return rows + [
        SeatRow(
            each.public_id,
            each.subscription.public_id,
            each.subscription.plan.name,
            each.price_code,
            each.holder,
            each.held_from,
            each.held_until,
        )
        for each in held.select_related(related).order_by("price_code", "held_from", "pk")[
            :HOLDERS_SHOWN
        ]
    ]


def find_seat(account: Account, public_id: str) -> SeatHolder:
    """A seat that somebody of the account holds. Raises: SeatNotFound."""
    rows = SeatHolder.objects.select_related("subscription__account", "subscription__plan")
    found = rows.filter(subscription__account=account, public_id=public_id[:64]).first()
    if found is None:
        raise SeatNotFound(f"{account.name} has no seat {public_id[:64]}.")
    return found
