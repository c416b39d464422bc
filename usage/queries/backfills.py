"""Which events a backfill is about: those sent under it, those it replaces, those it replaced.

The operations void and restore what is named here, and the screens count it, so that a preview and
the deed never differ.
"""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from core.errors import NotFound
from usage.models import (
    Backfill,
    Event,
    EventRevision,
    QuarantinedEvent,
    QuarantineState,
    Receipt,
    RevisionKind,
)


class BackfillNotFound(NotFound):
    """There is no such backfill, or it is of somebody else's source."""

    code = "backfill_not_found"
    title = "No such backfill"


def sent_events(backfill: Backfill) -> QuerySet[Event]:
    """The events that came in under the backfill and count."""
    return _counting(backfill).filter(receipt_id__in=_receipts(backfill).values("pk"))


def held_events(backfill: Backfill) -> QuerySet[QuarantinedEvent]:
    """The events that came in under the backfill and are still held."""
    return QuarantinedEvent.objects.filter(
        state=QuarantineState.HELD, receipt_id__in=_receipts(backfill).values("pk")
    )


def replaced_events(backfill: Backfill) -> QuerySet[Event]:
    """The events of its range that count and came in otherwise: what closing it voids."""
    theirs = _receipts(backfill).filter(pk=OuterRef("receipt_id"))
    return _counting(backfill).exclude(Exists(theirs))


def voided_events(backfill: Backfill) -> QuerySet[EventRevision]:
    """The voids of this backfill that are the last word on their events, its own events left out:
    what taking it back restores.
    """
    later = EventRevision.objects.filter(key=OuterRef("key"), number__gt=OuterRef("number"))
    own = Event.objects.filter(
        key=OuterRef("key"),
        occurred_at=OuterRef("occurred_at"),
        receipt_id__in=_receipts(backfill).values("pk"),
    )
    return EventRevision.objects.filter(
        ~Exists(later), ~Exists(own), backfill=backfill, kind=RevisionKind.VOID
    )


def stamp_of(backfill: Backfill) -> str:
    """What somebody sees of a backfill who decides on it: how far it is, and how many events came
    in under it and would be, or were, voided by it."""
    return stamp(backfill, sent_events(backfill).count(), replaced_count(backfill))


def stamp(backfill: Backfill, sent: int, replaced: int) -> str:
    """The stamp of a backfill whose events are counted already."""
    return f"{state_of(backfill)}.{sent}.{replaced}"


def state_of(backfill: Backfill) -> str:
    """How far it is: open, closed or taken back."""
    if backfill.reverted_at is not None:
        return "taken back"
    return "open" if backfill.closed_at is None else "closed"


def replaced_count(backfill: Backfill) -> int:
    """How many events closing it would void, or has voided."""
    if backfill.closed_at is not None:
        return voided_events(backfill).count()
    return replaced_events(backfill).count() if backfill.replaces else 0


def _receipts(backfill: Backfill) -> QuerySet[Receipt]:
    return Receipt.objects.filter(backfill=backfill)


def in_range(backfill: Backfill) -> QuerySet[Event]:
    """The events of its source and range, and of its resource if it names one."""
    events = Event.objects.filter(
        source_id=backfill.source_id,
        occurred_at__gte=backfill.occurred_from,
        occurred_at__lt=backfill.occurred_until,
    )
    return events if backfill.resource_id is None else events.filter(resource=backfill.resource_id)


def _counting(backfill: Backfill) -> QuerySet[Event]:
    last = EventRevision.objects.filter(key=OuterRef("key")).order_by("-number").values("kind")[:1]
    return (
        in_range(backfill)
        .annotate(last_kind=Subquery(last))
        .filter(Q(last_kind__isnull=True) | ~Q(last_kind=RevisionKind.VOID))
    )
