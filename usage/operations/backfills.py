"""Report a range of the past again: open, send, close; and take it back as a whole.

Owns the life of a backfill. Its events come in by the ordinary ingest, only older than their source
may otherwise report. Nothing is deleted: what it replaces is voided, and restored when it is taken
back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from accounts.models import Resource
from core.actor import Actor, is_said
from core.db.transactions import transaction
from core.errors import Conflict, Invalid, NotFound
from eventing.publish import publish
from usage.models import Backfill, Event, EventRevision, Receipt, RevisionKind, Source
from usage.operations import revisions


class BackfillOpen(Conflict):
    """One backfill of a source at a time; two would replace each other's events."""

    code = "backfill_open"
    title = "A backfill of this source is open"


class BackfillClosed(Conflict):
    """The backfill is closed or taken back."""

    code = "backfill_closed"
    title = "The backfill is closed"


class BackfillInvalid(Invalid):
    """The range is empty or lies ahead, or nobody said why."""

    code = "backfill_invalid"
    title = "Not a backfill"


class BackfillUnknown(NotFound):
    """There is no such backfill, or it is of somebody else's source."""

    code = "backfill_not_found"
    title = "No such backfill"


@dataclass(frozen=True, slots=True)
class Range:
    """Which past: events of a source with instants in [occurred_from, occurred_until).

    Of one resource or, with None, of all. With `replaces` the events there before are voided when
    the backfill is closed.
    """

    source: Source
    occurred_from: datetime
    occurred_until: datetime
    resource: Resource | None = None
    replaces: bool = False


def start(range: Range, *, at: datetime, by: Actor, reason: str) -> Backfill:
    """Open a backfill. Raises: BackfillInvalid, BackfillOpen."""
    if not range.occurred_from < range.occurred_until <= at or not is_said(reason):
        raise BackfillInvalid("A backfill has a range in the past and a reason.")
    with transaction():
        Source.objects.select_for_update().get(pk=range.source.pk)
        if Backfill.objects.filter(source=range.source, closed_at__isnull=True).exists():
            raise BackfillOpen(f"Close the open backfill of {range.source.name} first.")
        backfill = Backfill.objects.create(
            source=range.source,
            resource=range.resource,
            occurred_from=range.occurred_from,
            occurred_until=range.occurred_until,
            replaces=range.replaces,
            opened_at=at,
            opened_by=by.name,
            reason=reason,
        )
        publish("backfill.opened", backfill.public_id, {"by": by.id, "reason": reason}, at=at)
    return backfill


def open_for(partner_id: int, public_id: str) -> Backfill:
    """The open backfill a partner may send events for; one query.

    Raises: BackfillUnknown, BackfillClosed.
    """
    backfill = (
        Backfill.objects.select_related("source", "resource")
        .filter(public_id=public_id, source__partner_id=partner_id)
        .first()
    )
    if backfill is None:
        raise BackfillUnknown("None of your sources has such a backfill.")
    if backfill.closed_at is not None:
        raise BackfillClosed(f"Backfill {backfill.public_id} is closed.")
    return backfill


def close(*, backfill: Backfill, at: datetime, by: Actor) -> int:
    """End the sending; void what the backfill replaces. Returns how many were voided.

    Raises: BackfillClosed.
    """
    with transaction():
        locked = _open(backfill)
        voided = 0
        for key in _replaced(locked) if locked.replaces else ():
            revisions.void(key, at=at, by=by, reason=locked.reason, backfill=locked)
            voided += 1
        locked.closed_at, locked.closed_by = at, by.name
        locked.save(update_fields=["closed_at", "closed_by"])
        publish("backfill.closed", locked.public_id, {"by": by.id, "voided": voided}, at=at)
    return voided


def take_back(*, backfill: Backfill, at: datetime, by: Actor, reason: str) -> None:
    """Void every event of a backfill and restore every event it replaced.

    Raises: BackfillClosed where it was taken back before; revisions.ReasonMissing.
    """
    with transaction():
        locked = Backfill.objects.select_for_update().get(pk=backfill.pk)
        if locked.reverted_at is not None:
            raise BackfillClosed(f"Backfill {locked.public_id} was taken back before.")
        for key in _sent(locked):
            revisions.void(key, at=at, by=by, reason=reason, backfill=locked)
        for key in _voided(locked):
            revisions.restore(key, at=at, by=by, reason=reason, backfill=locked)
        locked.closed_at = locked.closed_at or at
        locked.closed_by = locked.closed_by or by.name
        locked.reverted_at, locked.reverted_by = at, by.name
        locked.save(update_fields=["closed_at", "closed_by", "reverted_at", "reverted_by"])
        publish("backfill.taken_back", locked.public_id, {"by": by.id, "reason": reason}, at=at)


def _open(backfill: Backfill) -> Backfill:
    locked = Backfill.objects.select_for_update().get(pk=backfill.pk)
    if locked.closed_at is not None:
        raise BackfillClosed(f"Backfill {locked.public_id} is closed.")
    return locked


def _in_range(backfill: Backfill) -> QuerySet[Event]:
    events = Event.objects.filter(
        source_id=backfill.source_id,
        occurred_at__gte=backfill.occurred_from,
        occurred_at__lt=backfill.occurred_until,
    )
    if backfill.resource_id is not None:
        events = events.filter(resource_id=backfill.resource_id)
    last = EventRevision.objects.filter(key=OuterRef("key")).order_by("-number").values("kind")[:1]
    return events.annotate(last_kind=Subquery(last)).filter(
        Q(last_kind__isnull=True) | ~Q(last_kind=RevisionKind.VOID)
    )


def _sent(backfill: Backfill) -> list[UUID]:
    receipts = Receipt.objects.filter(backfill=backfill).values("pk")
    return list(
        _in_range(backfill)
        .filter(receipt_id__in=receipts)
        .order_by("key")
        .values_list("key", flat=True)
    )


def _replaced(backfill: Backfill) -> list[UUID]:
    theirs = Receipt.objects.filter(backfill=backfill, pk=OuterRef("receipt_id"))
    return list(
        _in_range(backfill).filter(~Q(Exists(theirs))).order_by("key").values_list("key", flat=True)
    )


def _voided(backfill: Backfill) -> Iterator[UUID]:
    """The events whose last word is that this backfill voided them, its own left out."""
    sent = set(
        Event.objects.filter(
            receipt__backfill=backfill,
            occurred_at__gte=backfill.occurred_from,
            occurred_at__lt=backfill.occurred_until,
        ).values_list("key", flat=True)
    )
    voids = EventRevision.objects.filter(backfill=backfill, kind=RevisionKind.VOID)
    later = EventRevision.objects.filter(key=OuterRef("key"), number__gt=OuterRef("number"))
    for key in voids.filter(~Exists(later)).order_by("key").values_list("key", flat=True):
        if key not in sent:
            yield key
