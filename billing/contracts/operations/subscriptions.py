"""Start and end subscriptions.

A subscription pins the plan version in force when it starts; it keeps it until the day a later
version names for existing subscribers (`billing.contracts.queries.tenures`).
"""

from datetime import datetime

from accounts.billed_time import require_unbilled
from accounts.models import Account
from billing.catalogue.models import Plan, PlanVersion
from billing.contracts.models import Subscription
from core.actor import Actor, acting_as
from core.db.integrity import constraint_errors
from core.db.locks import share
from core.db.transactions import transaction
from core.errors import Conflict, Invalid
from eventing.publish import publish


class NoVersionInForce(Invalid):
    """The plan has no published version at the asked instant."""

    code = "no_plan_version_in_force"
    title = "No published version is in force"


class AlreadySubscribed(Conflict):
    """The account has this plan for part of the asked time."""

    code = "already_subscribed"
    title = "The account has this plan already"


class PlanCurrencyDiffers(Invalid):
    """Plan and account do not share a currency."""

    code = "plan_currency_differs"
    title = "Plan and account have different currencies"


class PlanRetired(Invalid):
    """The plan is no longer offered."""

    code = "plan_retired"
    title = "The plan is no longer offered"


class AlreadyEnded(Conflict):
    """The subscription has ended before."""

    code = "subscription_ended"
    title = "The subscription has ended"


class NotEnded(Conflict):
    """Only what ends, or has ended, is reactivated."""

    code = "subscription_not_ended"
    title = "The subscription has no end"


class EndBeforeStart(Invalid):
    """The subscription would end at or before its start."""

    code = "subscription_end_before_start"
    title = "A subscription ends after it starts"


def version_in_force(plan: Plan, at: datetime) -> PlanVersion:
    """The published version a subscription starting at `at` gets. Raises: NoVersionInForce."""
    version = (
        plan.versions.filter(state=PlanVersion.State.PUBLISHED, effective_from__lte=at)
        .order_by("-effective_from", "-number")
        .first()
    )
    if version is None:
        raise NoVersionInForce(
            f"{plan.name} has no published version at {at:%Y-%m-%d %H:%M} UTC.", plan=plan.code
        )
    return version


def start(
    *,
    account: Account,
    plan: Plan,
    at: datetime,
    by: Actor,
    reason: str,
    until: datetime | None = None,
) -> Subscription:
    """Put an account on a plan for [at, until); `until` None runs on.

    Raises: PlanRetired, NoVersionInForce, PlanCurrencyDiffers, AlreadySubscribed, TimeBilled,
    EndBeforeStart.
    """
    _check_end(until, at)
    with (
        acting_as(by, reason=reason),
        transaction(),
        constraint_errors({"subscription_no_overlap": AlreadySubscribed}),
    ):
        account = Account.objects.select_for_update(of=("self",)).get(pk=account.pk)
        plan = _held(plan)
        _require_offered(plan, account, at)
        require_unbilled([account.pk], since=at, until=until, field="started_at")
        subscription = Subscription.objects.create(
            account=account,
            plan=plan,
            plan_version=version_in_force(plan, at),
            started_at=at,
            ended_at=until,
        )
        publish(
            "subscription.started",
            subject=subscription.public_id,
            payload={"account": account.public_id, "plan": plan.code},
            at=at,
            account=account.public_id,
        )
    return subscription


def _held(plan: Plan) -> Plan:
    """The plan, which is neither retired nor given a version until the transaction ends."""
    share(Plan.objects.filter(pk=plan.pk))
    return Plan.objects.get(pk=plan.pk)


def _require_offered(plan: Plan, account: Account, at: datetime) -> None:
    if plan.retired_at is not None and at >= plan.retired_at:
        raise PlanRetired(f"{plan.name} was retired on {plan.retired_at:%Y-%m-%d}.", plan=plan.code)
    if plan.currency != account.currency:
        raise PlanCurrencyDiffers(
            f"{plan.name} is sold in {plan.currency}, {account.name} pays in {account.currency}.",
            field="plan",
        )


def end(*, subscription: Subscription, at: datetime, by: Actor, reason: str) -> Subscription:
    """End a subscription at `at`; usage from then on is not priced by it.

    Raises: AlreadyEnded, TimeBilled.
    """
    with acting_as(by, reason=reason), transaction():
        Account.objects.select_for_update().get(pk=subscription.account_id)
        locked = Subscription.objects.select_for_update().get(pk=subscription.pk)
        if locked.ended_at is not None and locked.ended_at <= at:
            raise AlreadyEnded(
                f"The subscription ended on {locked.ended_at:%Y-%m-%d %H:%M} UTC.",
                subscription=locked.public_id,
            )
        _check_end(at, locked.started_at)
        require_unbilled([locked.account_id], since=at, until=locked.ended_at, field="ended_at")
        locked.ended_at = at
        locked.save()
        publish(
            "subscription.ended",
            subject=locked.public_id,
            payload={"account": locked.account.public_id, "plan": locked.plan.code},
            at=at,
            account=locked.account.public_id,
        )
    return locked


def reactivate(
    *, subscription: Subscription, at: datetime, by: Actor, reason: str
) -> Subscription | None:
    """Go on with a subscription that has an end: without one where that is still to come, else by
    another one of the same plan from `at` on, which is returned.

    Raises: NotEnded, and what `start` raises.
    """
    with acting_as(by, reason=reason), transaction():
        Account.objects.select_for_update().get(pk=subscription.account_id)
        locked = Subscription.objects.select_for_update().get(pk=subscription.pk)
        if locked.ended_at is None:
            raise NotEnded("The subscription has no end.", subscription=locked.public_id)
        if locked.ended_at <= at:
            return start(account=locked.account, plan=locked.plan, at=at, by=by, reason=reason)
        require_unbilled([locked.account_id], since=locked.ended_at, field="effective_at")
        with constraint_errors({"subscription_no_overlap": AlreadySubscribed}):
            locked.ended_at = None
            locked.save()
        publish(
            "subscription.reactivated",
            subject=locked.public_id,
            payload={"account": locked.account.public_id, "plan": locked.plan.code},
            at=at,
            account=locked.account.public_id,
        )
    return None


def _check_end(until: datetime | None, start: datetime) -> None:
    if until is not None and until <= start:
        raise EndBeforeStart(
            f"It starts on {start:%Y-%m-%d %H:%M} UTC and must end after that.", field="ended_at"
        )
