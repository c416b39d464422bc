"""Report a range of the past again: open, send, close; and take it back as a whole.

Owns the life of a backfill. Its events come in by the ordinary ingest, only older than their source
may otherwise report. Nothing is deleted: what it replaces is voided, and restored when it is taken
back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from accounts.models import Resource
from core.actor import Actor, require_said
from core.db.stamps import ChangedSince, StampUnreadable
from core.db.trail import FieldChange, RecordChange
from core.db.transactions import transaction
from core.errors import Conflict, Invalid
from eventing.publish import publish
from usage.models import Backfill, Source
from usage.operations import event_corrections, quarantine
from usage.operations.open_backfills import BackfillClosed, open_for
from usage.queries.backfills import (
    held_events,
    replaced_events,
    sent_events,
    stamp_of,
    voided_events,
)

__all__ = [
    "BackfillClosed",
    "BackfillInvalid",
    "BackfillOpen",
    "Range",
    "close",
    "open_for",
    "require_as_seen",
    "start",
    "take_back",
]


class BackfillOpen(Conflict):
    """One backfill of a source at a time; two would replace each other's events."""

    code = "backfill_open"
    title = "A backfill of this source is open"


class BackfillInvalid(Invalid):
    """The range is empty or lies ahead."""

    code = "backfill_invalid"
    title = "Not a backfill"


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
    """Open a backfill. Raises: BackfillInvalid, ReasonMissing, BackfillOpen."""
    if not range.occurred_from < range.occurred_until <= at:
        raise BackfillInvalid(
            "The range must end after it begins, and not lie ahead.", field="occurred_until"
        )
    require_said(reason, "Say why the past is reported again.")
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


def close(
    *,
    backfill: Backfill,
    at: datetime,
    by: Actor,
    reason: str,
    made_from: str | None = None,
) -> int:
    """End the sending; void what the backfill replaces. Returns how many were voided.

    `made_from` is the stamp of what was decided on, `usage.queries.backfills.stamp_of`; None, for a
    job that looked at nothing, is whatever there is.

    Raises: BackfillClosed, ChangedSince, ReasonMissing.
    """
    require_said(reason, "Say why the backfill is closed.")
    with transaction():
        locked = _locked(backfill)
        if locked.closed_at is not None:
            raise BackfillClosed(f"Backfill {locked.public_id} is closed.")
        require_as_seen(locked, made_from)
        voided = 0
        if locked.replaces:
            keys = replaced_events(locked).values_list("key", flat=True)
            voided = event_corrections.void_all(keys, backfill=locked, at=at, by=by, reason=reason)
        locked.closed_at, locked.closed_by = at, by.name
        locked.save(update_fields=["closed_at", "closed_by"])
        publish(
            "backfill.closed",
            locked.public_id,
            {"by": by.id, "voided": voided, "reason": reason},
            at=at,
        )
    return voided


def take_back(
    *,
    backfill: Backfill,
    at: datetime,
    by: Actor,
    reason: str,
    made_from: str | None = None,
) -> None:
    """Void every event of a backfill, drop those still held, restore every event it replaced.

    `made_from` as for `close`.

    Raises: BackfillClosed where it was taken back before; ChangedSince; ReasonMissing.
    """
    require_said(reason, "Say why the backfill is taken back.")
    with transaction():
        locked = _locked(backfill)
        if locked.reverted_at is not None:
            raise BackfillClosed(f"Backfill {locked.public_id} was taken back before.")
        require_as_seen(locked, made_from)
        replaced = list(voided_events(locked).values_list("key", flat=True))
        sent = sent_events(locked).values_list("key", flat=True)
        # What of it is still held would count once it is released.
        held = held_events(locked).values_list("pk", flat=True)
        quarantine.drop(held, at=at, by=by, reason=f"Its back-fill was taken back. {reason}")
        event_corrections.void_all(sent, backfill=locked, at=at, by=by, reason=reason)
        event_corrections.restore_all(replaced, backfill=locked, at=at, by=by, reason=reason)
        locked.closed_at = locked.closed_at or at
        locked.closed_by = locked.closed_by or by.name
        locked.reverted_at, locked.reverted_by = at, by.name
        locked.save(update_fields=["closed_at", "closed_by", "reverted_at", "reverted_by"])
        publish("backfill.taken_back", locked.public_id, {"by": by.id, "reason": reason}, at=at)


def _locked(backfill: Backfill) -> Backfill:
    """The backfill, once nobody books under it any more."""
    return Backfill.objects.select_for_update().get(pk=backfill.pk)


def require_as_seen(backfill: Backfill, made_from: str | None) -> None:
    """Refuse where other events are meant than those of the stamp. Raises: ChangedSince."""
    present = stamp_of(backfill)
    if made_from is None or made_from == present:
        return
    seen, now = made_from.split("."), present.split(".")
    if len(seen) != len(now):
        raise StampUnreadable(field="made_from")
    named = zip(("state", "events sent under it", "events it replaces"), seen, now, strict=True)
    raise ChangedSince(
        stamp=present,
        differences=[FieldChange(name, old, new) for name, old, new in named if old != new],
        changes=_steps(backfill) if seen[0] != now[0] else (),
    )


def _steps(backfill: Backfill) -> list[RecordChange]:
    steps = (
        (backfill.closed_at, backfill.closed_by, "It was closed."),
        (backfill.reverted_at, backfill.reverted_by, "It was taken back."),
    )
    return [
        RecordChange(at, "changed", "", "", name, said, "", ()) for at, name, said in steps if at
    ]
