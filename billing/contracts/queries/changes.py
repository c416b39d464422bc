"""What changes about the subscriptions of an account: as bars of a timeline, and as a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Account
from billing.catalogue.models import Plan, PlanVersion
from billing.contracts.models import Subscription, SubscriptionChange, SubscriptionPause
from billing.contracts.queries.tenures import Tenure, running_in, versions_held
from core.errors import NotFound

CHANGES_SHOWN = 200


class ChangeNotFound(NotFound):
    """The account has no such change."""

    code = "change_not_found"
    title = "No such change"


@dataclass(frozen=True, slots=True)
class TimelineBar:
    """A stretch of time of one subscription: a version it has, or a pause. An open end is None."""

    label: str
    start: datetime
    end: datetime | None
    is_pause: bool = False


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """One subscription with its bars in order of time, and the change that waits."""

    public_id: str
    plan: str
    bars: Sequence[TimelineBar]
    waiting: SubscriptionChange | None


def timeline(account: Account) -> list[TimelineRow]:
    """Every subscription of an account as bars, oldest first; a fixed number of queries."""
    held = versions_held([account.pk])
    tenures = held.by_account.get(account.pk, ())
    plans = Plan.objects.in_bulk({each.plan_id for each in tenures})
    numbers = dict(PlanVersion.objects.filter(pk__in=held.version_ids).values_list("pk", "number"))
    ids = [each.subscription_id for each in tenures]
    rows = Subscription.objects.in_bulk(ids)
    waiting = {
        each.subscription_id: each
        for each in SubscriptionChange.objects.filter(subscription__in=ids, outcome__isnull=True)
        .select_related("to_plan")
        .order_by("-effective_at")
    }
    return [
        TimelineRow(
            rows[each.subscription_id].public_id,
            plans[each.plan_id].name,
            _bars(each, [
                (f"version {numbers[span.version_id]}", span.start, span.end)
                for span in held.versions_of(each)
            ]),
            waiting.get(each.subscription_id),
        )
        for each in tenures
    ]  # fmt: skip


def _bars(
    tenure: Tenure, versions: Sequence[tuple[str, datetime, datetime | None]]
) -> list[TimelineBar]:
    bars = [
        TimelineBar(label, start, end)
        for label, first, last in versions
        for start, end in running_in(tenure, first, last)
    ]
    pauses = [TimelineBar("paused", start, end, is_pause=True) for start, end in tenure.paused]
    return sorted([*bars, *pauses], key=lambda bar: bar.start)


def changes_of(account: Account) -> list[SubscriptionChange]:
    """The changes of an account's subscriptions with what became of each, the last asked first."""
    rows = SubscriptionChange.objects.filter(subscription__account=account)
    related = rows.select_related("subscription__plan", "to_plan", "to_account", "outcome")
    return list(related.order_by("-asked_at", "-pk")[:CHANGES_SHOWN])


def changes_of_subscription(subscription: Subscription) -> list[SubscriptionChange]:
    """The changes of one subscription with what became of each, the last asked first; one query."""
    rows = SubscriptionChange.objects.filter(subscription=subscription)
    related = rows.select_related("subscription__plan", "to_plan", "to_account", "outcome")
    return list(related.order_by("-asked_at", "-pk")[:CHANGES_SHOWN])


def find_change(account: Account, public_id: str) -> SubscriptionChange:
    """A change of the account. Raises: ChangeNotFound."""
    rows = SubscriptionChange.objects.select_related("subscription__plan", "to_plan")
    found = rows.filter(subscription__account=account, public_id=public_id[:64]).first()
    if found is None:
        raise ChangeNotFound(f"{account.name} has no change {public_id[:64]}.")
    return found


def paused_now(subscription: Subscription) -> list[SubscriptionPause]:
    """The pauses of a subscription that nobody ended."""
    return list(subscription.pauses.filter(paused_until__isnull=True).order_by("paused_from"))
