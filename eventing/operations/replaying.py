"""Send again: one, many by what they are, all that an endpoint missed; and examples.

The same event under the same id, so that receivers tell a repetition. Also takes content out of the
log for good, where it must not be kept.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import QuerySet

from core.actor import Actor, acting_as
from core.db.transactions import transaction
from core.errors import Conflict, Invalid
from eventing.audience import types_for
from eventing.models import AttemptContent, FeedEntry, WebhookDelivery, WebhookEndpoint
from eventing.operations.endpoints import WantedTypeUnknown, lock
from eventing.operations.queueing import queue, wanted_by
from eventing.publish import publish

REPLAYED_MAX: Final = 10_000


class EndpointDisabled(Conflict):
    """Nothing is sent to a disabled endpoint; enable it first."""

    code = "endpoint_disabled"
    title = "The endpoint is disabled"


class ContentExpunged(Conflict):
    """What a delivery said was taken out of the log, and it is not sent again."""

    code = "content_expunged"
    title = "The content was expunged"


class DeliveryUnderWay(Conflict):
    """The delivery waits or is being sent."""

    code = "delivery_under_way"
    title = "The delivery is under way"


class TooManyToReplay(Invalid):
    """More than one replay sends."""

    code = "too_many_to_replay"
    title = "Too many at once"


@dataclass(frozen=True, slots=True)
class ReplayWish:
    """Which of an endpoint's deliveries are sent again; all that is said must hold."""

    since: datetime | None = None
    until: datetime | None = None
    types: Collection[str] = ()
    outcomes: Collection[str] = ()
    ids: Collection[str] = ()


def replayable(endpoint: WebhookEndpoint, wish: ReplayWish) -> QuerySet[WebhookDelivery]:
    """The deliveries a wish means: over, of an event, with their content. For previews too."""
    rows = endpoint.deliveries.filter(
        event__isnull=False,
        expunged_at__isnull=True,
        state__in=[WebhookDelivery.State.DONE, WebhookDelivery.State.PARKED],
    )
    if wish.since is not None:
        rows = rows.filter(event__created_at__gte=wish.since)
    if wish.until is not None:
        rows = rows.filter(event__created_at__lt=wish.until)
    if wish.types:
        rows = rows.filter(type__in=wish.types)
    if wish.outcomes:
        rows = rows.filter(outcome__in=wish.outcomes)
    if wish.ids:
        rows = rows.filter(public_id__in=wish.ids)
    return rows


def replay(
    *, endpoint: WebhookEndpoint, wish: ReplayWish, at: datetime, by: Actor, reason: str
) -> int:
    """Send again what a wish means, in the order it happened; how many.

    Raises: EndpointDisabled, EndpointDeleted, TooManyToReplay.
    """
    with acting_as(by, reason=reason), transaction():
        locked = _lock_enabled(endpoint)
        ids = list(replayable(locked, wish).values_list("pk", flat=True)[: REPLAYED_MAX + 1])
        if len(ids) > REPLAYED_MAX:
            raise TooManyToReplay(f"At most {REPLAYED_MAX:,} at once; say a shorter time.")
        count = _make_due(WebhookDelivery.objects.filter(pk__in=ids), at)
        _tell("replayed", locked, count, by, reason, at)
    return count


def resend(*, delivery: WebhookDelivery, at: datetime, by: Actor, reason: str) -> None:
    """Send one again.

    Raises: EndpointDisabled, EndpointDeleted, ContentExpunged, DeliveryUnderWay.
    """
    with acting_as(by, reason=reason), transaction():
        locked = _lock_enabled(delivery.endpoint)
        found = WebhookDelivery.objects.select_for_update(of=("self",)).get(pk=delivery.pk)
        if found.expunged_at is not None:
            raise ContentExpunged("What it said is not kept any more.")
        if not _make_due(WebhookDelivery.objects.filter(pk=found.pk), at):
            raise DeliveryUnderWay("It waits, or is being sent right now.")
        _tell("replayed", locked, 1, by, reason, at)


def recover(
    *, endpoint: WebhookEndpoint, since: datetime, at: datetime, by: Actor, reason: str
) -> int:
    """Send what an endpoint did not get of what happened since: held, given up, or never queued.

    In the order it happened; what it got is not sent again. How many.

    Raises: EndpointDisabled, EndpointDeleted, TooManyToReplay.
    """
    with acting_as(by, reason=reason), transaction():
        locked = _lock_enabled(endpoint)
        missed = FeedEntry.objects.filter(event__created_at__gte=since).exclude(
            event__deliveries__endpoint=locked
        )
        if locked.types:
            missed = missed.filter(type__in=locked.types)
        entries = list(missed.select_related("event").order_by("position")[: REPLAYED_MAX + 1])
        if len(entries) > REPLAYED_MAX:
            raise TooManyToReplay(f"At most {REPLAYED_MAX:,} at once; begin later.")
        never_queued = len(queue(wanted_by([locked], entries), at=at))
        outcomes = (WebhookDelivery.Outcome.HELD, WebhookDelivery.Outcome.GIVEN_UP)
        kept_back = replayable(locked, ReplayWish(since=since, outcomes=outcomes))
        count = never_queued + _make_due(kept_back, at)
        _tell("recovered", locked, count, by, reason, at)
    return count


def send_example(
    *, endpoint: WebhookEndpoint, type: str, at: datetime, by: Actor, reason: str
) -> WebhookDelivery:
    """Send what events of a type look like; it happened to nothing.

    Raises: WantedTypeUnknown, EndpointDisabled, EndpointDeleted.
    """
    if type not in types_for(endpoint.partner):
        raise WantedTypeUnknown(f"{type[:100]!r} is no type of event.", field="type")
    with acting_as(by, reason=reason), transaction():
        locked = _lock_enabled(endpoint)
        return WebhookDelivery.objects.create(
            endpoint=locked, type=type, queued_at=at, not_before=at
        )


def expunge(*, delivery: WebhookDelivery, at: datetime, by: Actor, reason: str) -> None:
    """Take what a delivery said, both ways, out of the log; that it was made stays.

    Raises: DeliveryUnderWay, ContentExpunged.
    """
    with acting_as(by, reason=reason), transaction():
        found = WebhookDelivery.objects.select_for_update(of=("self",)).get(pk=delivery.pk)
        if found.expunged_at is not None:
            raise ContentExpunged("It was expunged already.")
        if found.state in (WebhookDelivery.State.READY, WebhookDelivery.State.LEASED):
            raise DeliveryUnderWay("It waits, or is being sent right now.")
        AttemptContent.objects.filter(attempt__delivery=found).delete()
        WebhookDelivery.objects.filter(pk=found.pk).update(expunged_at=at)
        _tell("expunged", found.endpoint, 1, by, reason, at)


def _lock_enabled(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    locked = lock(endpoint)
    if not locked.is_enabled:
        raise EndpointDisabled("Enable the endpoint first.")
    return locked


def _make_due(rows: QuerySet[WebhookDelivery], at: datetime) -> int:
    """Those of them that are over are due now, in the order of their events, with all attempts."""
    over = rows.filter(state__in=[WebhookDelivery.State.DONE, WebhookDelivery.State.PARKED])
    return over.update(
        state=WebhookDelivery.State.READY,
        outcome="",
        parked_reason="",
        done_at=None,
        not_before=at,
        attempts=0,
        tries=0,
    )


def _tell(
    done: str, endpoint: WebhookEndpoint, count: int, by: Actor, reason: str, at: datetime
) -> None:
    publish(
        f"webhook_delivery.{done}",
        endpoint.public_id,
        {"count": count, "by": by.name, "reason": reason},
        at=at,
    )
