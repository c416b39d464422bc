"""Report a range of the past again: open, send, close; and take it back as a whole.

Owns the life of a backfill. Its events come in by the ordinary ingest, only older than their source
may otherwise report. Nothing is deleted: what it replaces is voided, and restored when it is taken
back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from accounts.models import Resource
from core.actor import Actor, is_said
from core.db.transactions import transaction
from core.errors import Conflict, Invalid, NotFound
from eventing.publish import publish
from usage.models import Backfill, Source
from usage.operations import revisions
from usage.queries.backfills import replaced_events, sent_events, voided_events


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
    if not range.occurred_from < range.occurred_until <= at:
        raise BackfillInvalid(
            "The range must end after it begins, and not lie ahead.", field="occurred_until"
        )
    if not is_said(reason):
        raise BackfillInvalid("Say why the past is reported again.", field="reason")
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


def close(*, backfill: Backfill, at: datetime, by: Actor, reason: str) -> int:
    """End the sending; void what the backfill replaces. Returns how many were voided.

    Raises: BackfillClosed, revisions.ReasonMissing.
    """
    if not is_said(reason):
        raise revisions.ReasonMissing("Say why the backfill is closed.", field="reason")
    with transaction():
        locked = _open(backfill)
        voided = 0
        if locked.replaces:
            keys = replaced_events(locked).values_list("key", flat=True)
            voided = revisions.void_all(keys, backfill=locked, at=at, by=by, reason=reason)
        locked.closed_at, locked.closed_by = at, by.name
        locked.save(update_fields=["closed_at", "closed_by"])
        publish(
            "backfill.closed",
            locked.public_id,
            {"by": by.id, "voided": voided, "reason": reason},
            at=at,
        )
    return voided


def take_back(*, backfill: Backfill, at: datetime, by: Actor, reason: str) -> None:
    """Void every event of a backfill and restore every event it replaced.

    Raises: BackfillClosed where it was taken back before; revisions.ReasonMissing.
    """
    with transaction():
        locked = Backfill.objects.select_for_update().get(pk=backfill.pk)
        if locked.reverted_at is not None:
            raise BackfillClosed(f"Backfill {locked.public_id} was taken back before.")
        replaced = list(voided_events(locked).values_list("key", flat=True))
        sent = sent_events(locked).values_list("key", flat=True)
        revisions.void_all(sent, backfill=locked, at=at, by=by, reason=reason)
        revisions.restore_all(replaced, backfill=locked, at=at, by=by, reason=reason)
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
