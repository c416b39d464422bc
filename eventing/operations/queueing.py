"""Put events on their way to the endpoints that want them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from core.db import locks
from core.db.transactions import require_transaction
from eventing.audience import Readers, readers_of
from eventing.models import FeedEntry, WebhookDelivery, WebhookEndpoint

_HELD = "The endpoint was disabled when it happened."


def queue_placed(*, after: int, at: datetime) -> int:
    """Queue what got its place after one, for every endpoint; how many deliveries that made.

    Inside the transaction that placed it. Endpoints stay as they are until it ends.
    """
    require_transaction()
    live = WebhookEndpoint.objects.exclude(state=WebhookEndpoint.State.DELETED)
    ids = locks.share(live)
    if not ids:
        return 0
    endpoints = list(WebhookEndpoint.objects.filter(pk__in=ids).order_by("pk"))
    entries = list(FeedEntry.objects.filter(position__gt=after).select_related("event"))
    # An endpoint hears of what happens once it is there; earlier things are recovered if asked for.
    wanted = [
        (endpoint, entry)
        for endpoint, entry in wanted_by(endpoints, entries)
        if entry.event.created_at >= endpoint.created_at
    ]
    return len(queue(wanted, at=at))


def wanted_by(
    endpoints: Sequence[WebhookEndpoint], entries: Sequence[FeedEntry]
) -> list[tuple[WebhookEndpoint, FeedEntry]]:
    """Which endpoint wants which event and may hear of it, as of now."""
    readers = readers_of({each.account for each in entries if each.account})
    return [
        (endpoint, entry)
        for entry in entries
        for endpoint in endpoints
        if wants(endpoint, entry, readers)
    ]


def wants(endpoint: WebhookEndpoint, entry: FeedEntry, readers: Readers) -> bool:
    """Whether an endpoint asks for an event and may hear of it."""
    if endpoint.types and entry.type not in endpoint.types:
        return False
    return readers.may_hear(endpoint.partner, type=entry.type, account=entry.account)


def queue(
    wanted: Iterable[tuple[WebhookEndpoint, FeedEntry]], *, at: datetime
) -> list[WebhookDelivery]:
    """Queue events for endpoints; one that was queued before stays as it is."""
    return WebhookDelivery.objects.bulk_create(
        [_delivery(endpoint, entry, at) for endpoint, entry in wanted],
        batch_size=2_000,
        ignore_conflicts=True,
    )


def _delivery(endpoint: WebhookEndpoint, entry: FeedEntry, at: datetime) -> WebhookDelivery:
    is_held = not endpoint.is_enabled
    return WebhookDelivery(
        endpoint=endpoint,
        event=entry.event,
        type=entry.type,
        subject=entry.event.subject,
        position=entry.position,
        queued_at=at,
        not_before=at,
        state=WebhookDelivery.State.PARKED if is_held else WebhookDelivery.State.READY,
        outcome=WebhookDelivery.Outcome.HELD if is_held else "",
        parked_reason=_HELD if is_held else "",
    )
