"""Agree a price with one subscription alone, and clear it again.

The catalogue stays as it is: an agreed price lies over the plan's price with the same code, for as
long as it is agreed, whatever version the subscription is on. Lock order: account, subscription.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.billed_time import require_unbilled
from accounts.models import Account
from billing.catalogue.models import Price
from billing.catalogue.operations.drafts import PriceNotFound
from billing.contracts.models import PriceOverride, Subscription
from billing.contracts.queries.tenures import versions_held
from billing.rating import parse_price
from core.actor import Actor, acting_as
from core.db.integrity import constraint_errors
from core.db.transactions import transaction
from core.errors import Conflict, Invalid
from eventing.publish import publish


class OtherKindOfPrice(Invalid):
    """A fee was agreed in the place of a usage price, or the other way round."""

    code = "agreed_price_kind"
    title = "A fee cannot stand for a usage price"


class AlreadyAgreed(Conflict):
    """A price with this code is agreed for part of that time."""

    code = "price_already_agreed"
    title = "Another price is agreed for that time"


class OutsideAgreement(Invalid):
    """An agreement cannot end before it begins, or be made longer."""

    code = "outside_agreement"
    title = "The agreement does not hold then"


@dataclass(frozen=True, slots=True)
class AgreedPrice:
    """What is agreed: a price document instead of the plan's price with this code.

    Holds during [valid_from, valid_until); None runs on.
    """

    price_code: str
    definition: Mapping[str, Any]
    valid_from: datetime
    valid_until: datetime | None = None


def agree(
    *, subscription: Subscription, price: AgreedPrice, at: datetime, by: Actor, reason: str
) -> PriceOverride:
    """Put a price of one subscription in the place of its plan's. It is printed with `reason`.

    Raises: DocumentRefused, PriceNotFound, OtherKindOfPrice, TimeBilled, AlreadyAgreed.
    """
    agreed = parse_price(price.definition)
    with (
        acting_as(by, reason=reason),
        transaction(),
        constraint_errors(
            {
                "price_override_no_overlap": AlreadyAgreed,
                "price_override_ends_after_start": OutsideAgreement,
            }
        ),
    ):
        locked = _lock(subscription)
        require_unbilled(
            [locked.account_id],
            since=price.valid_from,
            until=price.valid_until,
            field="valid_from",
        )
        replaced = _price_at(locked, price.price_code, price.valid_from).to_rating()
        if replaced.model.kind != agreed.model.kind:
            raise OtherKindOfPrice(
                f"{price.price_code} is a {replaced.model.kind} price, the agreed one is a "
                f"{agreed.model.kind} price.",
                field="definition.model",
            )
        if (replaced.cycle, replaced.seats) != (agreed.cycle, agreed.seats):
            raise OtherKindOfPrice(
                f"The agreed price has the cycle and the seats of {price.price_code}.",
                field="definition.cycle",
            )
        override = PriceOverride.objects.create(
            subscription=locked,
            price_code=price.price_code,
            definition=dict(price.definition),
            valid_from=price.valid_from,
            valid_until=price.valid_until,
            agreed_by=by.name,
            reason=reason,
        )
        publish(
            "price_override.agreed",
            subject=override.public_id,
            payload={"subscription": locked.public_id, "price": price.price_code},
            at=at,
            account=locked.account.public_id,
        )
    return override


def clear(
    *, override: PriceOverride, valid_until: datetime, at: datetime, by: Actor, reason: str
) -> PriceOverride:
    """End an agreed price at `valid_until`; from then on the plan's own price counts again.

    Raises: TimeBilled, OutsideAgreement.
    """
    with acting_as(by, reason=reason), transaction():
        subscription = _lock(override.subscription)
        locked = PriceOverride.objects.select_for_update().get(pk=override.pk)
        if valid_until < locked.valid_from:
            raise OutsideAgreement(
                f"It was agreed from {locked.valid_from:%Y-%m-%d %H:%M} UTC only.",
                field="valid_until",
            )
        if locked.valid_until is not None and valid_until >= locked.valid_until:
            raise OutsideAgreement(
                f"It ends at {locked.valid_until:%Y-%m-%d %H:%M} UTC; agree a new one to go on.",
                field="valid_until",
            )
        require_unbilled(
            [subscription.account_id],
            since=valid_until,
            until=locked.valid_until,
            field="valid_until",
        )
        locked.valid_until = valid_until
        locked.save(update_fields=["valid_until"])
        publish(
            "price_override.cleared",
            subject=locked.public_id,
            payload={"subscription": subscription.public_id, "price": locked.price_code},
            at=at,
            account=subscription.account.public_id,
        )
    return locked


def _lock(subscription: Subscription) -> Subscription:
    Account.objects.select_for_update(no_key=True).get(pk=subscription.account_id)
    return Subscription.objects.select_for_update(of=("self",)).get(pk=subscription.pk)


def _price_at(subscription: Subscription, code: str, at: datetime) -> Price:
    """The plan's price under the version the subscription has at that instant."""
    held = versions_held([subscription.account_id])
    tenure = next(
        each
        for each in held.by_account[subscription.account_id]
        if each.subscription_id == subscription.pk
    )
    spans = held.versions_of(tenure)
    version = next((span for span in reversed(spans) if span.start <= at), spans[0])
    price = Price.objects.filter(plan_version=version.version_id, code=code).first()
    if price is None:
        raise PriceNotFound(
            f"The plan has no price {code} on {at:%Y-%m-%d}.", subscription=subscription.public_id
        )
    return price
