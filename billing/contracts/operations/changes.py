"""Carry out, schedule and withdraw changes of subscriptions.

A change is dated when it is due, not when somebody or a job came to it. What it costs is worked out
above (`billing.whatif.operations.change_quotes`), by carrying it out here and undoing it. Lock
order: account, then subscription.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from accounts.billed_time import require_unbilled
from accounts.models import Account
from billing.catalogue.models import Plan
from billing.contracts.models import Subscription
from billing.contracts.models.changes import (
    ChangeOutcome,
    SubscriptionChange,
    SubscriptionPause,
    SubscriptionVerb,
)
from billing.contracts.operations import seats, subscriptions
from core.actor import Actor, acting_as
from core.db.integrity import constraint_errors
from core.db.transactions import transaction, transaction_required
from core.errors import Conflict, DomainError, Invalid
from core.isolating import made_or_wrong
from eventing.publish import publish

logger = logging.getLogger(__name__)

_AT_ONCE = 500
_OF_PAUSES = (SubscriptionVerb.PAUSE, SubscriptionVerb.RESUME)
OF_SEATS = (SubscriptionVerb.MORE_SEATS, SubscriptionVerb.FEWER_SEATS)


class ChangeInvalid(Invalid):
    """The change names nothing that can be done."""

    code = "change_invalid"
    title = "That cannot be changed"


class ChangeDecided(Conflict):
    """The change took effect, was withdrawn or was refused already."""

    code = "change_decided"
    title = "The change is decided already"


class ChangeWaits(Conflict):
    """Another change of the subscription waits for its day."""

    code = "change_waits"
    title = "Another change waits"


class PauseNotAsThought(Conflict):
    """The subscription is paused for this cause already, or is not."""

    code = "subscription_pause"
    title = "The pause is not as thought"


@dataclass(frozen=True, slots=True)
class ChangeWish:
    """What is wanted of a subscription at an instant; `cause` is of a pause or a resume,
    `price_code` and `quantity` are of seats, `to_account` of a transfer.
    """

    kind: SubscriptionVerb
    effective_at: datetime
    to_plan: Plan | None = None
    cause: SubscriptionPause.Cause = SubscriptionPause.Cause.CUSTOMER
    price_code: str = ""
    quantity: int | None = None
    to_account: Account | None = None


def ask(
    *,
    subscription: Subscription,
    wish: ChangeWish,
    quote: str,
    at: datetime,
    by: Actor,
    reason: str,
) -> SubscriptionChange:
    """Carry a change out if it is due by `at`, else leave it waiting for its day.

    `quote` is the public id of what was seen; it is used once. Raises: ChangeWaits, ChangeDecided
    where the quote was used, and what `carry_out` raises.
    """
    with (
        acting_as(by, reason=reason),
        transaction(),
        constraint_errors({"contracts_subscriptionchange_quote_key": ChangeDecided}),
    ):
        locked = lock(subscription, wish.to_account)
        waiting = waiting_of(locked)
        if waiting is not None and wish.kind not in _OF_PAUSES:
            raise ChangeWaits(
                f"{waiting} waits for its day. Withdraw it first.", change=waiting.public_id
            )
        made = SubscriptionChange.objects.create(
            subscription=locked,
            kind=wish.kind,
            to_plan=wish.to_plan,
            cause=wish.cause if wish.kind in _OF_PAUSES else "",
            price_code=wish.price_code,
            quantity=wish.quantity,
            to_account=wish.to_account,
            effective_at=wish.effective_at,
            quote=quote,
            asked_at=at,
            asked_by=by.name,
            reason=reason,
        )
        if wish.effective_at <= at:
            _finish(made, at=at, by=by)
        else:
            _tell("scheduled", made, at)
    return made


def withdraw(*, change: SubscriptionChange, at: datetime, by: Actor, reason: str) -> ChangeOutcome:
    """Take back a change that waits for its day. Raises: ChangeDecided."""
    with (
        transaction(),
        constraint_errors({"contracts_changeoutcome_change_id_key": ChangeDecided}),
    ):
        lock(change.subscription)
        decided = ChangeOutcome.objects.filter(change=change).first()
        if decided is not None:
            raise ChangeDecided(
                f"{change} is {decided.get_outcome_display().lower()}: what has taken effect is "
                "not withdrawn. Ask for another change.",
                change=change.public_id,
            )
        made = ChangeOutcome.objects.create(
            change=change,
            outcome=ChangeOutcome.Outcome.WITHDRAWN,
            decided_at=at,
            decided_by=by.name,
            reason=reason,
        )
        _tell("withdrawn", change, at)
    return made


def carry_out_due(*, at: datetime, by: Actor) -> int:
    """Carry out what has come due, in order of its days; returns how many. One that a rule refuses
    is kept as refused, with the rule's words.
    """
    due = SubscriptionChange.objects.filter(outcome__isnull=True, effective_at__lte=at)
    count = 0
    for change in due.select_related("subscription", "to_account", "to_plan").order_by(
        "effective_at", "pk"
    )[:_AT_ONCE]:
        made = made_or_wrong(partial(_due, change, at=at, by=by))
        if isinstance(made, Exception):
            logger.error("change_failed", extra={"change": change.public_id}, exc_info=made)
        else:
            count += made
    return count


def _due(change: SubscriptionChange, *, at: datetime, by: Actor) -> int:
    with acting_as(by, reason=change.reason), transaction():
        lock(change.subscription, change.to_account)
        if ChangeOutcome.objects.filter(change=change).exists():
            return 0
        try:
            with transaction():
                _finish(change, at=at, by=by)
        except DomainError as refused:
            ChangeOutcome.objects.create(
                change=change,
                outcome=ChangeOutcome.Outcome.REFUSED,
                said=refused.message,
                decided_at=at,
                decided_by=by.name,
                reason=change.reason,
            )
            _tell("refused", change, at)
    return 1


def _finish(change: SubscriptionChange, *, at: datetime, by: Actor) -> None:
    wish = ChangeWish(
        SubscriptionVerb(change.kind),
        change.effective_at,
        change.to_plan,
        SubscriptionPause.Cause(change.cause or SubscriptionPause.Cause.CUSTOMER),
        change.price_code,
        change.quantity,
        change.to_account,
    )
    began = carry_out(change.subscription, wish, by=by, reason=change.reason)
    ChangeOutcome.objects.create(
        change=change,
        outcome=ChangeOutcome.Outcome.DONE,
        began=began,
        decided_at=at,
        decided_by=by.name,
        reason=change.reason,
    )
    _tell("done", change, at)


@transaction_required()
def carry_out(
    subscription: Subscription, wish: ChangeWish, *, by: Actor, reason: str
) -> Subscription | None:
    """Do what is wished, dated when it is due; the subscription that goes on instead, if another.

    Raises: ChangeInvalid, PauseNotAsThought, TimeBilled, and what starting or ending raises.
    """
    at = wish.effective_at
    if wish.kind is SubscriptionVerb.CANCEL:
        subscriptions.end(subscription=subscription, at=at, by=by, reason=reason)
        return None
    if wish.kind is SubscriptionVerb.PAUSE:
        _pause(subscription, wish)
        return None
    if wish.kind is SubscriptionVerb.RESUME:
        _resume(subscription, wish)
        return None
    if wish.kind in OF_SEATS:
        seats.set_quantity(lock(subscription), wish.price_code, wish.quantity or 0, at=at)
        return None
    if wish.kind is SubscriptionVerb.REACTIVATE:
        return subscriptions.reactivate(subscription=subscription, at=at, by=by, reason=reason)
    if wish.kind is SubscriptionVerb.TRANSFER:
        return _transfer(subscription, wish, by=by, reason=reason)
    if wish.to_plan is None or wish.to_plan.pk == subscription.plan_id:
        raise ChangeInvalid("Name another plan to change to.", field="plan")
    until = lock(subscription).ended_at
    subscriptions.end(subscription=subscription, at=at, by=by, reason=reason)
    began = subscriptions.start(
        account=subscription.account, plan=wish.to_plan, at=at, until=until, by=by, reason=reason
    )
    seats.carry_over(subscription, began, at=at)
    return began


def _transfer(
    subscription: Subscription, wish: ChangeWish, *, by: Actor, reason: str
) -> Subscription:
    """Have another account go on with a subscription. Usage follows the resources, not the plan."""
    to, at = wish.to_account, wish.effective_at
    if to is None or to.pk == subscription.account_id:
        raise ChangeInvalid("Name another account.", field="account")
    locked = lock(subscription, to)
    until = locked.ended_at
    subscriptions.end(subscription=locked, at=at, by=by, reason=reason)
    began = subscriptions.start(
        account=to, plan=locked.plan, at=at, until=until, by=by, reason=reason
    )
    seats.carry_over(locked, began, at=at)
    return began


def _pause(subscription: Subscription, wish: ChangeWish) -> None:
    locked, at = lock(subscription), wish.effective_at
    if at < locked.started_at or (locked.ended_at is not None and at >= locked.ended_at):
        raise ChangeInvalid("It does not run then.", field="effective_at")
    require_unbilled([locked.account_id], since=at, field="effective_at")
    with constraint_errors({"pause_once_per_cause": PauseNotAsThought}):
        SubscriptionPause.objects.create(subscription=locked, cause=wish.cause, paused_from=at)


def _resume(subscription: Subscription, wish: ChangeWish) -> None:
    """End the pause of one cause; pauses of others go on."""
    locked, at = lock(subscription), wish.effective_at
    rows = SubscriptionPause.objects.select_for_update().filter(
        subscription=locked, cause=wish.cause, paused_until__isnull=True
    )
    pause = rows.first()
    if pause is None or at <= pause.paused_from:
        raise PauseNotAsThought(
            f"It is not paused for this cause ({wish.cause.label.lower()}) then.",
            field="effective_at",
        )
    require_unbilled([locked.account_id], since=at, field="effective_at")
    pause.paused_until = at
    pause.save()


@transaction_required()
def lock(subscription: Subscription, to: Account | None = None) -> Subscription:
    """The subscription as it is now, locked after its account and the one it is to go to."""
    ids = {subscription.account_id} | ({to.pk} if to is not None else set())
    list(Account.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk"))
    rows = Subscription.objects.select_for_update(of=("self",)).select_related("account", "plan")
    return rows.get(pk=subscription.pk)


def waiting_of(subscription: Subscription) -> SubscriptionChange | None:
    """The change of a subscription that waits for its day."""
    rows = SubscriptionChange.objects.filter(subscription=subscription, outcome__isnull=True)
    return rows.order_by("effective_at", "pk").first()


def _tell(what: str, change: SubscriptionChange, at: datetime) -> None:
    publish(
        f"subscription.change_{what}",
        subject=change.subscription.public_id,
        payload={
            "change": change.public_id,
            "kind": str(change.kind),
            "effective_at": change.effective_at.isoformat(),
        },
        at=at,
    )
