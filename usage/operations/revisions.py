"""Later words on accepted events: amend, void, restore. Nothing is ever overwritten.

Owns the chain of revisions. The event stays as it was sent; its latest revision says what counts,
and exactly the days and states it touches are built again before they are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction as django_transaction

from accounts.models import Resource
from core.actor import Actor, is_said
from core.db.transactions import transaction
from core.errors import Conflict, Invalid, NotFound
from eventing.publish import publish
from usage import stripes
from usage.aggregate.facts import RawEvent, Unreadable, read_fact
from usage.aggregate.rules import Rule, rule_at
from usage.days import day_at, zone_at
from usage.directory import owned_resources, zone_spans
from usage.envelope.item import data_text_of
from usage.models import (
    Backfill,
    Event,
    EventKey,
    EventRevision,
    EventType,
    RevisionKind,
)
from usage.operations.ingest.placing import Stale
from usage.operations.ingest.writing import mark_stale
from usage.rulebook import rules_by_meter


class EventUnknown(NotFound):
    """No accepted event has this key."""

    code = "event_not_found"
    title = "No such event"


class NothingChanged(Invalid):
    """A revision must say something new."""

    code = "nothing_changed"
    title = "This would change nothing"


class VoidedAlready(Conflict):
    """A voided event is restored before anything else."""

    code = "event_voided"
    title = "The event is voided"


class NotVoided(Conflict):
    """Only a voided event can be restored."""

    code = "event_not_voided"
    title = "The event is not voided"


class AmendmentUnreadable(Invalid):
    """The meters of this event could not read it any more."""

    code = "amendment_unreadable"
    title = "No meter could read the event so"


class ReasonMissing(Invalid):
    """A correction of usage says why."""

    code = "reason_missing"
    title = "Say why"


@dataclass(frozen=True, slots=True)
class _Present:
    """What counts of an event now, and by which number it was last revised."""

    event: Event
    number: int
    is_void: bool
    quantity: Decimal | None
    data: Mapping[str, Any]


def amend(
    key: UUID,
    *,
    quantity: Decimal | None,
    data: Mapping[str, Any],
    at: datetime,
    by: Actor,
    reason: str,
) -> EventRevision:
    """Replace what an event says. Its instant, resource and type stay; for those, void and resend.

    `data` is the whole data without the quantity.

    Raises: EventUnknown, VoidedAlready, NothingChanged, AmendmentUnreadable, ReasonMissing.
    """
    with transaction():
        present = _locked(key)
        if present.is_void:
            raise VoidedAlready(f"Event {present.event.event_id} is voided; restore it first.")
        if (quantity, data) == (present.quantity, present.data):
            raise NothingChanged(f"Event {present.event.event_id} says so already.")
        _require_readable(present.event, quantity, data)
        said = _Said(RevisionKind.AMEND, quantity, data)
        return _revise(present, said, at=at, by=by, reason=reason)


def void(
    key: UUID, *, at: datetime, by: Actor, reason: str, backfill: Backfill | None = None
) -> EventRevision:
    """Make an event count nothing. Raises: EventUnknown, VoidedAlready, ReasonMissing."""
    with transaction():
        present = _locked(key)
        if present.is_void:
            raise VoidedAlready(f"Event {present.event.event_id} is voided already.")
        said = _Said(RevisionKind.VOID, present.quantity, present.data)
        return _revise(present, said, at=at, by=by, reason=reason, backfill=backfill)


def restore(
    key: UUID, *, at: datetime, by: Actor, reason: str, backfill: Backfill | None = None
) -> EventRevision:
    """Make a voided event count again, as it last did.

    Raises: EventUnknown, NotVoided, ReasonMissing.
    """
    with transaction():
        present = _locked(key)
        if not present.is_void:
            raise NotVoided(f"Event {present.event.event_id} is not voided.")
        said = _Said(RevisionKind.UNVOID, present.quantity, present.data)
        return _revise(present, said, at=at, by=by, reason=reason, backfill=backfill)


@contextmanager
def only_supposed() -> Iterator[None]:
    """A block whose changes are undone at its end: what a correction would do, without doing it.

    Read figures and prices inside with the functions that bill. Holds its locks until it ends.
    """
    with django_transaction.atomic():
        yield
        django_transaction.set_rollback(True)


@dataclass(frozen=True, slots=True)
class _Said:
    kind: RevisionKind
    quantity: Decimal | None
    data: Mapping[str, Any]


def _locked(key: UUID) -> _Present:
    """The event with its identity locked, so revisions of one event follow each other."""
    known = EventKey.objects.select_for_update().filter(pk=key).first()
    event = Event.objects.filter(key=key, occurred_at=known.occurred_at).first() if known else None
    if event is None:
        raise EventUnknown(f"No accepted event has the key {key}.")
    last = EventRevision.objects.filter(key=key).order_by("number").last()
    counts = event if last is None else last
    return _Present(
        event=event,
        number=0 if last is None else last.number,
        is_void=last is not None and last.kind == RevisionKind.VOID,
        quantity=counts.quantity,
        data=counts.data or {},
    )


def _revise(
    present: _Present,
    said: _Said,
    *,
    at: datetime,
    by: Actor,
    reason: str,
    backfill: Backfill | None = None,
) -> EventRevision:
    if not is_said(reason):
        raise ReasonMissing("Say why this usage is corrected.", field="reason")
    event = present.event
    _mark_touched(event, at)
    revision = EventRevision.objects.create(
        key=event.key,
        number=present.number + 1,
        occurred_at=event.occurred_at,
        kind=said.kind,
        quantity=said.quantity,
        data=said.data or None,
        actor_kind=by.kind,
        actor_id=by.id,
        actor_name=by.name,
        reason=reason,
        recorded_at=at,
        backfill=backfill,
    )
    publish(
        f"usage_event.{_PAST[said.kind]}",
        subject=str(event.key),
        payload={"number": revision.number, "by": by.id, "reason": reason},
        at=at,
    )
    return revision


_PAST = {
    RevisionKind.AMEND: "amended",
    RevisionKind.VOID: "voided",
    RevisionKind.UNVOID: "restored",
}


def _mark_touched(event: Event, at: datetime) -> None:
    """The event's day becomes stale for every meter of its type; states from there on."""
    (owned,) = owned_resources(Resource.objects.filter(pk=event.resource_id)).values()
    account_id = owned.owner_at(event.occurred_at)
    if account_id is None:
        return  # nobody's any more, so it is in no figure
    stripes.share([account_id])
    day = day_at(
        zone_at(zone_spans([account_id])[account_id], event.occurred_at), event.occurred_at
    )
    mark_stale({Stale(account_id, owned.id, rule.meter_id, day) for rule in _readers(event)}, at=at)


def _require_readable(event: Event, quantity: Decimal | None, data: Mapping[str, Any]) -> None:
    data_text_of(dict(data))
    read = RawEvent(event.key.hex, event.event_id, event.occurred_at, quantity, data)
    for rule in _readers(event):
        try:
            read_fact(rule, read)
        except Unreadable as unreadable:
            raise AmendmentUnreadable(f"{unreadable.detail}.") from unreadable


def _readers(event: Event) -> list[Rule]:
    """The versions that read this event, one per meter at most."""
    name = EventType.objects.get(pk=event.type_id).name
    rules = [rule_at(versions, event.occurred_at) for versions in rules_by_meter().values()]
    return [rule for rule in rules if rule is not None and rule.event_type == name]
