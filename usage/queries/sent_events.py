"""What a partner sent: its accepted events, newest first, page by page.

A partner sees the events of its own sources and no others; whose accounts they bill it does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from core.db.keyset_pages import beyond
from core.errors import Invalid
from core.periods import Period
from usage.filters import EventFilters
from usage.models import Event, EventKey, Source

WINDOW_MAX = timedelta(days=31)


class WindowTooLong(Invalid):
    """Events are listed by a window of time, and it has a bound."""

    code = "window_too_long"
    title = "The window is too long"


@dataclass(frozen=True, slots=True)
class SentEvent:
    """An accepted event as it was sent."""

    key: UUID
    id: str
    source: str
    type: str
    subject: str
    occurred_at: datetime
    received_at: datetime
    quantity: Decimal | None
    data: Mapping[str, Any]


class Place(NamedTuple):
    """Where an event is in the list: its instant, and of one instant its report."""

    occurred_at: datetime
    receipt_id: int
    position: int
    key: UUID


@dataclass(frozen=True, slots=True)
class SentPage:
    """One page; `following` is the place the next one starts after."""

    events: Sequence[SentEvent]
    following: Place | None


def sent_events(
    *,
    partner_id: int,
    window: Period,
    filters: EventFilters,
    after: Place | None = None,
    limit: int,
) -> SentPage:
    """Events with instants in the window, newest first, of one instant the later report first.

    Raises: WindowTooLong.
    """
    if window.end - window.start > WINDOW_MAX:
        raise WindowTooLong(f"Ask for at most {WINDOW_MAX.days} days at once.")
    rows = (
        Event.objects.filter(
            source_id__in=list(
                Source.objects.filter(partner_id=partner_id).values_list("pk", flat=True)
            ),
            occurred_at__gte=window.start,
            occurred_at__lt=window.end,
        )
        .select_related("source", "type", "resource", "receipt")
        .order_by(*(f"-{column}" for column in Place._fields))
    )
    rows = filters.narrow(rows)
    if after is not None:
        rows = rows.filter(beyond(after._asdict(), "lt"))
    found = list(rows[: limit + 1])
    page = found[:limit]
    following = _place(page[-1]) if len(found) > limit else None
    return SentPage([_sent(event) for event in page], following)


def _place(event: Event) -> Place:
    return Place(event.occurred_at, event.receipt_id, event.position, event.key)


def is_sent_by(key: UUID, partner_id: int) -> bool:
    """Whether the event with this key, accepted or held, is one of the partner's."""
    known = EventKey.objects.filter(pk=key).select_related("receipt").first()
    return known is not None and known.receipt.partner_id == partner_id


def _sent(event: Event) -> SentEvent:
    return SentEvent(
        key=event.key,
        id=event.event_id,
        source=event.source.name,
        type=event.type.name,
        subject=event.resource.platform_id,
        occurred_at=event.occurred_at,
        received_at=event.receipt.received_at,
        quantity=event.quantity,
        data=event.data or {},
    )
