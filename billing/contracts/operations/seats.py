"""Buy seats, and say who holds one. Lock order: account, then subscription.

How many are bought is changed by a change of the subscription (`billing.contracts.operations
.changes`), so that it is quoted before. Who holds a seat is told as it happens, or later; what is
billed is closed to both.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from accounts.billed_time import require_unbilled
from accounts.models import Account
from billing.catalogue.models import Price
from billing.contracts.models import BoughtSeats, SeatHolder, Subscription
from billing.contracts.models.seats import SEATS_MAX
from billing.contracts.queries.seats import seat_prices
from core.actor import Actor, acting_as
from core.db.integrity import constraint_errors
from core.db.transactions import transaction, transaction_required
from core.errors import Conflict, Invalid
from eventing.publish import publish


class SeatsInvalid(Invalid):
    """There are no such seats, or not so many."""

    code = "seats_invalid"
    title = "There are no such seats"


class SeatNotAsThought(Conflict):
    """Somebody holds the seat already, or does not."""

    code = "seat_not_as_thought"
    title = "The seat is not held as thought"


@transaction_required()
def set_quantity(
    subscription: Subscription, price_code: str, quantity: int, *, at: datetime
) -> BoughtSeats | None:
    """Have so many seats of a price from an instant on; none where the quantity is 0.

    The subscription is locked. Raises: SeatsInvalid, TimeBilled.
    """
    _require_runs(subscription, at)
    _price(subscription, price_code, at, of_holders=False)
    if not 0 <= quantity <= SEATS_MAX:
        raise SeatsInvalid(f"Seats are 0 to {SEATS_MAX:,}.", field="quantity")
    require_unbilled([subscription.account_id], since=at, field="effective_at")
    rows = BoughtSeats.objects.select_for_update().filter(
        Q(valid_until__isnull=True) | Q(valid_until__gt=at),
        subscription=subscription,
        price_code=price_code,
    )
    held = rows.order_by("valid_from").first()
    if held is not None and held.valid_from > at:
        raise SeatsInvalid(
            f"The seats change on {held.valid_from:%Y-%m-%d %H:%M} UTC already.",
            field="effective_at",
        )
    if held is not None and held.quantity == quantity:
        raise SeatsInvalid(f"There are {quantity} seats then already.", field="quantity")
    if held is not None and held.valid_from == at:
        held.quantity = quantity
        held.save()
        return held
    if held is not None:
        held.valid_until = at
        held.save()
    if not quantity:
        return None
    return BoughtSeats.objects.create(
        subscription=subscription, price_code=price_code, quantity=quantity, valid_from=at
    )


@transaction_required()
def carry_over(old: Subscription, new: Subscription, *, at: datetime) -> None:
    """Have a subscription that goes on instead of another keep its seats and who holds them, as far
    as its plan sells seats under the same codes.
    """
    codes = {price.code for price in seat_prices(new, at)}
    still = Q(valid_until__isnull=True) | Q(valid_until__gt=at)
    bought = BoughtSeats.objects.select_for_update().filter(still, subscription=old)
    for each in bought.filter(valid_from__lt=at).order_by("pk"):
        each.valid_until = at
        each.save()
        if each.price_code in codes:
            BoughtSeats.objects.create(
                subscription=new,
                price_code=each.price_code,
                quantity=each.quantity,
                valid_from=at,
            )
    holders = SeatHolder.objects.select_for_update().filter(
        Q(held_until__isnull=True) | Q(held_until__gt=at), subscription=old, held_from__lt=at
    )
    for holder in holders.order_by("pk"):
        until, holder.held_until = holder.held_until, at
        holder.save()
        if holder.price_code in codes:
            SeatHolder.objects.create(
                subscription=new,
                price_code=holder.price_code,
                holder=holder.holder,
                held_from=at,
                held_until=until,
            )


def take(
    *,
    subscription: Subscription,
    price_code: str,
    holder: str,
    since: datetime,
    at: datetime,
    by: Actor,
    reason: str,
) -> SeatHolder:
    """Have somebody hold a seat from an instant on.

    Raises: SeatsInvalid, SeatNotAsThought, TimeBilled.
    """
    with (
        acting_as(by, reason=reason),
        transaction(),
        constraint_errors({"seat_held_once": SeatNotAsThought}),
    ):
        locked = _lock(subscription)
        _require_runs(locked, since)
        _price(locked, price_code, since)
        if not holder.strip():
            raise SeatsInvalid("Say who holds the seat.", field="holder")
        require_unbilled([locked.account_id], since=since, field="since")
        made = SeatHolder.objects.create(
            subscription=locked, price_code=price_code, holder=holder.strip(), held_from=since
        )
        _tell("seat_taken", made, since, at)
    return made


def leave(*, seat: SeatHolder, since: datetime, at: datetime, by: Actor, reason: str) -> SeatHolder:
    """Have somebody hold a seat no more from an instant on.

    Raises: SeatNotAsThought, TimeBilled.
    """
    with acting_as(by, reason=reason), transaction():
        _lock(seat.subscription)
        held = SeatHolder.objects.select_for_update().get(pk=seat.pk)
        if held.held_until is not None or since <= held.held_from:
            raise SeatNotAsThought(
                f"{held.holder} does not hold the seat then, or only from "
                f"{held.held_from:%Y-%m-%d %H:%M} UTC.",
                field="since",
            )
        require_unbilled([held.subscription.account_id], since=since, field="since")
        held.held_until = since
        held.save()
        _tell("seat_left", held, since, at)
    return held


def _lock(subscription: Subscription) -> Subscription:
    Account.objects.select_for_update(no_key=True).get(pk=subscription.account_id)
    rows = Subscription.objects.select_for_update(of=("self",)).select_related("account", "plan")
    return rows.get(pk=subscription.pk)


def _require_runs(subscription: Subscription, at: datetime) -> None:
    ended = subscription.ended_at is not None and at >= subscription.ended_at
    if at < subscription.started_at or ended:
        raise SeatsInvalid("The subscription does not run then.", field="effective_at")


def _price(
    subscription: Subscription, code: str, at: datetime, *, of_holders: bool | None = None
) -> Price:
    """A price of seats of the plan at an instant. Raises: SeatsInvalid."""
    for price in seat_prices(subscription, at):
        rule = price.to_rating().seats
        if price.code == code and rule is not None and of_holders in (None, rule.of_holders):
            return price
    raise SeatsInvalid(
        f"{subscription.plan.name} sells no seats under the code {code[:64] or '(none)'}.",
        field="price",
    )


def _tell(what: str, seat: SeatHolder, since: datetime, at: datetime) -> None:
    publish(
        f"subscription.{what}",
        subject=seat.subscription.public_id,
        payload={
            "seat": seat.public_id,
            "price": seat.price_code,
            "holder": seat.holder,
            "since": since.isoformat(),
        },
        at=at,
    )
