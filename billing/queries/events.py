"""Accepted events to look at: lists by day, resource or account, and one event as it was sent."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Account, Resource, ResourceOwnership
from accounts.queries.owners import owner_at
from billing.queries.invoices import Party
from billing.queries.paging import Order, Page, Position, page_of
from core.errors import NotFound
from core.periods import Period, local_midnight
from usage.envelope.draft import event_key
from usage.models import Event, EventKey, EventRevision, EventType, MeterVersion, Receipt, Source

LATEST_FIRST = Order("occurred_at", cursor="key")


class EventNotFound(NotFound):
    """No accepted event has this key."""

    code = "event_not_found"
    title = "No such event"


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events a list shows: those of a window, narrowed by what is given."""

    window: Period
    account_id: int | None = None
    resource_id: int | None = None
    type: str = ""


@dataclass(frozen=True, slots=True)
class EventRow:
    """One accepted event in a list."""

    key: str
    event_id: str
    source: str
    type: str
    occurred_at: datetime
    resource_id: str
    platform_id: str
    quantity: Decimal | None
    data: str


@dataclass(frozen=True, slots=True)
class Revision:
    """A later word on an event."""

    number: int
    what: str
    quantity: Decimal | None
    who: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ReadBy:
    """A meter that reads events of this type at this instant."""

    code: str
    name: str
    unit: str


@dataclass(frozen=True, slots=True)
class EventDetail:
    """One event as it was sent, whose it is, which meters read it, what was said about it since."""

    row: EventRow
    owner: Party | None
    request_id: str
    received_at: datetime
    reported_by: str
    meters: Sequence[ReadBy]
    revisions: Sequence[Revision]


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


def event_page(wanted: EventFilter, *, position: Position) -> Page[EventRow]:
    """Events of a window, latest first; at most three queries. Raises: UnknownCursor."""
    rows = Event.objects.filter(
        occurred_at__gte=wanted.window.start, occurred_at__lt=wanted.window.end
    ).select_related("resource", "source", "type")
    if wanted.resource_id is not None:
        rows = rows.filter(resource_id=wanted.resource_id)
    if wanted.account_id is not None:
        rows = _of_account(rows, wanted.account_id, wanted.window)
    if wanted.type:
        rows = rows.filter(type__name=wanted.type)
    return page_of(rows, order=LATEST_FIRST, position=position).showing(event_row)


def find_key(source: str, event_id: str) -> UUID:
    """The key of the event with this identity, accepted or not."""
    return UUID(event_key(source, event_id))


def keys_of_id(event_id: str) -> list[tuple[str, UUID]]:
    """The accepted events with this id, of any source: (source, key); two queries."""
    sources = list(Source.objects.order_by("name").values_list("name", flat=True))
    keys = {find_key(source, event_id): source for source in sources}
    known = EventKey.objects.filter(pk__in=keys).values_list("pk", flat=True)
    return [(keys[key], key) for key in known]


def detail(key: UUID) -> EventDetail:
    """One event; seven queries. Raises: EventNotFound."""
    known = EventKey.objects.filter(pk=key).first()
    event = known and (
        Event.objects.select_related("resource", "source", "type", "receipt")
        .filter(occurred_at=known.occurred_at, key=key)
        .first()
    )
    if not event:
        raise EventNotFound(f"There is no accepted event {key}.", wanted=str(key))
    question = (event.resource.platform_id, event.occurred_at)
    owner = owner_at([question])[question]
    account = Account.objects.filter(pk=owner.account_id).first() if owner else None
    return EventDetail(
        row=event_row(event),
        owner=Party(account.public_id, account.name) if account else None,
        request_id=event.receipt.request_id,
        received_at=event.receipt.received_at,
        reported_by=event.receipt.actor_name,
        meters=_read_by(event),
        revisions=_revisions(key),
    )


def event_row(event: Event) -> EventRow:
    """An event, with resource, source and type loaded, as a list shows it."""
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


def _read_by(event: Event) -> list[ReadBy]:
    versions = MeterVersion.objects.filter(
        Q(effective_until__isnull=True) | Q(effective_until__gt=event.occurred_at),
        event_type=event.type.name,
        effective_from__lte=event.occurred_at,
    )
    rows = versions.order_by("meter__code").values_list("meter__code", "meter__name", "meter__unit")
    return [ReadBy(*row) for row in rows]


def _revisions(key: UUID) -> list[Revision]:
    rows = EventRevision.objects.filter(key=key).order_by("-number")
    return [
        Revision(
            row.number,
            row.get_kind_display(),
            row.quantity,
            row.actor_name,
            row.reason,
            row.recorded_at,
        )
        for row in rows
    ]


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
