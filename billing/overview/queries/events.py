"""Accepted events to look at: lists by day, resource or account, and one event as it was sent."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Resource, ResourceOwnership
from core.db.keyset_pages import Page, PageOrder, Position, page_of
from core.periods import Period, local_midnight
from usage.aggregate.order import NUMBER_MARK
from usage.envelope.received_event import event_key
from usage.filters import LAST_WORDS, EventFilters, with_last_word
from usage.models import (
    Event,
    EventKey,
    EventType,
    Receipt,
    RevisionKind,
    Source,
)

LATEST_FIRST = PageOrder("occurred_at", cursor="key", then=("receipt_id", "position", "key"))
"""Of one instant the later report first, since it holds (docs/metering.md)."""


@dataclass(frozen=True, slots=True)
class EventScope:
    """Whose events a list shows, and of which window; its filters narrow it further."""

    window: Period
    account_id: int | None = None
    resource_id: int | None = None


@dataclass(frozen=True, slots=True)
class EventRow:
    """One accepted event in a list; `is_amended` and `is_voided` by its last correction."""

    key: str
    event_id: str
    source: str
    type: str
    occurred_at: datetime
    resource_id: str
    platform_id: str
    quantity: Decimal | None
    data: str
    is_amended: bool = False
    is_voided: bool = False


@dataclass(frozen=True, slots=True)
class EventWithSender:
    """An accepted event as it was sent, and by whom; `sequence` is its source's number for it."""

    row: EventRow
    reported_by: str
    sequence: str = ""


def day_window(day: date, zone: str = "UTC") -> Period:
    """The instants of one local day."""
    return Period(local_midnight(day, zone), local_midnight(day + timedelta(days=1), zone))


def newest_received_at() -> datetime | None:
    """When the newest batch of events arrived."""
    return Receipt.objects.order_by("-received_at").values_list("received_at", flat=True).first()


def newest_day() -> date | None:
    """The UTC day of the event last received: where a list without a day begins."""
    at = newest_received_at()
    if at is None:
        return None
    newest = (
        Event.objects.filter(occurred_at__gte=_midnight(at - timedelta(days=62)))
        .order_by("-occurred_at")
        .values_list("occurred_at", flat=True)
        .first()
    )
    return newest.astimezone(UTC).date() if newest else None


def event_types() -> list[str]:
    """The names of all kinds of events ever accepted, in order."""
    return list(EventType.objects.order_by("name").values_list("name", flat=True))


def event_page(wanted: EventScope, *, filters: EventFilters, position: Position) -> Page[EventRow]:
    """Events of a window, latest first; at most three queries. Raises: UnknownCursor."""
    rows = Event.objects.filter(
        occurred_at__gte=wanted.window.start, occurred_at__lt=wanted.window.end
    ).select_related("resource", "source", "type")
    if wanted.resource_id is not None:
        rows = rows.filter(resource_id=wanted.resource_id)
    if wanted.account_id is not None:
        rows = _of_account(rows, wanted.account_id, wanted.window)
    rows = filters.narrow(with_last_word(rows))
    return page_of(rows, order=LATEST_FIRST, position=position).showing(event_row)


def source_names() -> list[str]:
    """The names of all sources, in order."""
    return list(Source.objects.order_by("name").values_list("name", flat=True))


def find_key(source: str, event_id: str) -> UUID:
    """The key of the event with this identity, accepted or not."""
    return UUID(event_key(source, event_id))


def keys_of_id(event_id: str) -> list[tuple[str, UUID]]:
    """The accepted events with this id, of any source: (source, key); two queries."""
    keys = {find_key(source, event_id): source for source in source_names()}
    known = EventKey.objects.filter(pk__in=keys).values_list("pk", flat=True)
    return [(keys[key], key) for key in known]


def sent(key: UUID, occurred_at: datetime) -> EventWithSender | None:
    """The accepted event of this key and instant, as it was sent; one query."""
    event = (
        Event.objects.select_related("resource", "source", "type", "receipt")
        .filter(occurred_at=occurred_at, key=key)
        .first()
    )
    if event is None:
        return None
    sequence = event.sequence.removeprefix(NUMBER_MARK)
    return EventWithSender(event_row(event), event.receipt.actor_name, sequence)


def event_row(event: Event) -> EventRow:
    """An event, with resource, source and type loaded, as a list shows it."""
    last_word = getattr(event, "last_word", "")
    return EventRow(
        key=str(event.key),
        event_id=event.event_id,
        source=event.source.name,
        type=event.type.name,
        occurred_at=event.occurred_at,
        resource_id=event.resource.public_id,
        platform_id=event.resource.platform_id,
        quantity=event.quantity,
        data=data_text(event.data),
        is_amended=last_word in LAST_WORDS["amended"],
        is_voided=last_word == RevisionKind.VOID,
    )


def resource_of(public_id: str) -> Resource | None:
    """The resource a filter names."""
    return Resource.objects.filter(public_id=public_id[:64]).first()


def _of_account(rows: QuerySet[Event], account_id: int, window: Period) -> QuerySet[Event]:
    """Events whose resource the account owned at their instant."""
    owned = ResourceOwnership.objects.filter(account_id=account_id, owned_from__lt=window.end)
    owned = owned.filter(Q(owned_until__isnull=True) | Q(owned_until__gt=window.start))
    then = owned.filter(
        Q(owned_until__isnull=True) | Q(owned_until__gt=OuterRef("occurred_at")),
        resource_id=OuterRef("resource_id"),
        owned_from__lte=OuterRef("occurred_at"),
    )
    ids = list(owned.values_list("resource_id", flat=True).distinct())
    return rows.filter(Exists(then), resource_id__in=ids)


def data_text(data: Any) -> str:
    """The rest of an event as words: process_type web, size standard-2x."""
    if not data:
        return ""
    if isinstance(data, str):
        return data
    return ", ".join(f"{name} {_plain(value)}" for name, value in sorted(data.items()))


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _midnight(at: datetime) -> datetime:
    return datetime.combine(at.astimezone(UTC).date(), time.min, tzinfo=UTC)
