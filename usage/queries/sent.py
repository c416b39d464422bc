"""What a partner sent: its accepted events, newest first, page by page.

A partner sees the events of its own sources and no others; whose accounts they bill it does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Q

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


@dataclass(frozen=True, slots=True)
class SentPage:
    """One page; `following` is the place the next one starts after."""

    events: Sequence[SentEvent]
    following: tuple[datetime, UUID] | None


def sent_events(
    *,
    partner_id: int,
    window: Period,
    filters: EventFilters,
    after: tuple[datetime, UUID] | None = None,
    limit: int,
) -> SentPage:
    """Events with instants in the window, newest first. Raises: WindowTooLong."""
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
        .order_by("-occurred_at", "-key")
    )
    rows = filters.narrow(rows)
    if after is not None:
        at, key = after
        rows = rows.filter(Q(occurred_at__lt=at) | Q(occurred_at=at, key__lt=key))
    found = list(rows[: limit + 1])
    page = found[:limit]
    following = (page[-1].occurred_at, page[-1].key) if len(found) > limit else None
    return SentPage([_sent(event) for event in page], following)


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
