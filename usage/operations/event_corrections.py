"""Later words on accepted events: amend, void, restore. Nothing is ever overwritten.

Owns the chain of revisions. The event stays as it was sent; its latest revision says what counts,
and exactly the days and states it touches are built again before they are read.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction as django_transaction

from accounts.models import Resource
from accounts.queries.profiles import zones_of
from core.actor import Actor, require_said
from core.db.locks import share
from core.db.transactions import transaction
from core.errors import Conflict, Invalid
from eventing.publish import Fact, publish_all
from usage import account_locks
from usage.aggregate.facts import EventUnreadable, RawEvent, read_fact
from usage.aggregate.rules import Rule, rule_at
from usage.days import day_at
from usage.envelope.item import data_text_of
from usage.meter_rules import rules_by_meter
from usage.models import (
    Backfill,
    Event,
    EventKey,
    EventRevision,
    EventType,
    RevisionKind,
)
from usage.operations.event_stamps import require_as_seen
from usage.operations.ingest.placing import Stale
from usage.operations.ingest.writing import mark_stale
from usage.ownerships import Owned, owned_resources
from usage.queries.fate import EventNotFound

_AT_ONCE = 1_000


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
    made_from: str | None = None,
) -> EventRevision:
    """Replace what an event says. Its instant, resource and type stay; for those, void and resend.

    `data` is the whole data without the quantity. `made_from` is the number of the last revision
    the correction was made from; None, for a job that looked at nothing, is whatever there is.

    Raises: EventNotFound, ChangedSince, VoidedAlready, NothingChanged, AmendmentUnreadable,
    ReasonMissing.
    """
    with transaction():
        present = _locked(key, made_from)
        if present.is_void:
            raise VoidedAlready(f"Event {present.event.event_id} is voided; restore it first.")
        if (quantity, data) == (present.quantity, present.data):
            raise NothingChanged(f"Event {present.event.event_id} says so already.")
        _require_readable(present.event, quantity, data)
        said = replace(present, quantity=quantity, data=data)
        return _revise([said], RevisionKind.AMEND, at=at, by=by, reason=reason)[0]


def void(
    key: UUID, *, at: datetime, by: Actor, reason: str, made_from: str | None = None
) -> EventRevision:
    """Make an event count nothing.

    Raises: EventNotFound, ChangedSince, VoidedAlready, ReasonMissing.
    """
    with transaction():
        present = _locked(key, made_from)
        if present.is_void:
            raise VoidedAlready(f"Event {present.event.event_id} is voided already.")
        return _revise([present], RevisionKind.VOID, at=at, by=by, reason=reason)[0]


def restore(
    key: UUID, *, at: datetime, by: Actor, reason: str, made_from: str | None = None
) -> EventRevision:
    """Make a voided event count again, as it last did.

    Raises: EventNotFound, ChangedSince, NotVoided, ReasonMissing.
    """
    with transaction():
        present = _locked(key, made_from)
        if not present.is_void:
            raise NotVoided(f"Event {present.event.event_id} is not voided.")
        return _revise([present], RevisionKind.UNVOID, at=at, by=by, reason=reason)[0]


def void_all(
    keys: Iterable[UUID], *, backfill: Backfill, at: datetime, by: Actor, reason: str
) -> int:
    """Void those of the events that still count, for a backfill; returns how many.

    A fixed number of queries for each thousand. Raises: ReasonMissing.
    """
    return _say_of_all(keys, RevisionKind.VOID, backfill, at=at, by=by, reason=reason)


def restore_all(
    keys: Iterable[UUID], *, backfill: Backfill, at: datetime, by: Actor, reason: str
) -> int:
    """Restore those of the events that are voided, for a backfill; as `void_all`."""
    return _say_of_all(keys, RevisionKind.UNVOID, backfill, at=at, by=by, reason=reason)


def _say_of_all(
    keys: Iterable[UUID],
    kind: RevisionKind,
    backfill: Backfill,
    *,
    at: datetime,
    by: Actor,
    reason: str,
) -> int:
    ordered, count = sorted(keys), 0
    chunks = [ordered[first : first + _AT_ONCE] for first in range(0, len(ordered), _AT_ONCE)]
    with transaction():
        # Of all of them before any is revised: chunk by chunk, stripes were not taken in order.
        owned = _hold_owners({each for chunk in chunks for each in _lock_resources_of(chunk)})
        for chunk in chunks:
            fitting = [
                present
                for present in _all_locked(chunk)
                if present.is_void == (kind is RevisionKind.UNVOID)
            ]
            _revise(fitting, kind, at=at, by=by, reason=reason, backfill=backfill, owned=owned)
            count += len(fitting)
    return count


@contextmanager
def only_supposed() -> Iterator[None]:
    """A block whose changes are undone at its end: what a correction would do, without doing it.

    Read figures and prices inside with the functions that bill. Holds its locks until it ends.
    """
    with django_transaction.atomic():
        yield
        django_transaction.set_rollback(True)


def _locked(key: UUID, made_from: str | None) -> _Present:
    """The event with its identity locked, so revisions of one event follow each other."""
    found = _all_locked([key])
    if not found:
        raise EventNotFound(f"No accepted event has the key {key}.")
    require_as_seen(found[0].event, found[0].number, made_from)
    return found[0]


def _all_locked(keys: Sequence[UUID]) -> list[_Present]:
    """Those of the keys that are events, with their identities locked in order; three queries."""
    known = EventKey.objects.select_for_update().filter(pk__in=keys).order_by("pk")
    instants = dict(known.values_list("pk", "occurred_at"))
    events = Event.objects.filter(
        key__in=instants, occurred_at__in=set(instants.values())
    ).order_by("key")
    last = {
        revision.key: revision
        for revision in EventRevision.objects.filter(key__in=instants)
        .order_by("key", "-number")
        .distinct("key")
    }
    return [_present(event, last.get(event.key)) for event in events]


def _lock_resources_of(keys: Sequence[UUID]) -> set[int]:
    """The resources the events are of, with the events' identities locked in order; two queries."""
    known = EventKey.objects.select_for_update().filter(pk__in=keys).order_by("pk")
    instants = dict(known.values_list("pk", "occurred_at"))
    events = Event.objects.filter(key__in=instants, occurred_at__in=set(instants.values()))
    return set(events.values_list("resource_id", flat=True))


def _present(event: Event, last: EventRevision | None) -> _Present:
    counts = event if last is None else last
    return _Present(
        event=event,
        number=0 if last is None else last.number,
        is_void=last is not None and last.kind == RevisionKind.VOID,
        quantity=counts.quantity,
        data=counts.data or {},
    )


def _revise(
    said: Sequence[_Present],
    kind: RevisionKind,
    *,
    at: datetime,
    by: Actor,
    reason: str,
    backfill: Backfill | None = None,
    owned: Mapping[int, Owned] | None = None,
) -> list[EventRevision]:
    """Add a revision to each event: what it says is its content from now on."""
    require_said(reason, "Say why this usage is corrected.")
    if not said:
        return []
    _mark_touched([each.event for each in said], owned, at)
    revisions = EventRevision.objects.bulk_create(
        EventRevision(
            key=each.event.key,
            number=each.number + 1,
            occurred_at=each.event.occurred_at,
            kind=kind,
            quantity=each.quantity,
            data=each.data or None,
            actor_kind=by.kind,
            actor_id=by.id,
            actor_name=by.name,
            reason=reason,
            recorded_at=at,
            backfill=backfill,
        )
        for each in said
    )
    publish_all(
        [
            Fact(
                f"usage_event.{_PAST[kind]}",
                subject=str(revision.key),
                payload={"number": revision.number, "by": by.id, "reason": reason},
            )
            for revision in revisions
        ],
        at=at,
    )
    return revisions


_PAST = {
    RevisionKind.AMEND: "amended",
    RevisionKind.VOID: "voided",
    RevisionKind.UNVOID: "restored",
}


def _mark_touched(events: Sequence[Event], owned: Mapping[int, Owned] | None, at: datetime) -> None:
    """The events' days become stale for every meter of their types; states from there on."""
    if owned is None:
        owned = _hold_owners({each.resource_id for each in events})
    owners = [(each, owned[each.resource_id].owner_at(each.occurred_at)) for each in events]
    # Nobody's any more are in no figure.
    placed = [(event, account_id) for event, account_id in owners if account_id is not None]
    zones = zones_of({account_id for _, account_id in placed})
    readers = _readers_of(events)
    mark_stale(
        {
            Stale(account_id, event.resource_id, rule.meter_id, day)
            for event, account_id in placed
            for day in [day_at(zones[account_id], event.occurred_at)]
            for rule in readers(event)
        },
        at=at,
    )


def _hold_owners(resource_ids: Collection[int]) -> Mapping[int, Owned]:
    """The resources with their owners, none of which changes until the transaction ends.

    A transfer waits for the resources, and whoever builds the days of an owner again for its
    stripe, so no figure is made that lacks the revision and none is marked of a former owner. Zones
    and meters are read after this.
    """
    resources = Resource.objects.filter(pk__one_of=resource_ids)
    share(resources)
    owned = owned_resources(resources)
    account_locks.share({span.account_id for each in owned.values() for span in each.ownerships})
    return owned


def _require_readable(event: Event, quantity: Decimal | None, data: Mapping[str, Any]) -> None:
    data_text_of(dict(data))
    read = RawEvent(event.key.hex, event.event_id, event.occurred_at, quantity, data)
    for rule in _readers_of([event])(event):
        try:
            read_fact(rule, read)
        except EventUnreadable as unreadable:
            raise AmendmentUnreadable(f"{unreadable.detail}.") from unreadable


def _readers_of(events: Sequence[Event]) -> Callable[[Event], list[Rule]]:
    """What tells the versions that read one of these events, one per meter at most."""
    names = EventType.objects.in_bulk({each.type_id for each in events})
    meters = list(rules_by_meter().values())

    def readers(event: Event) -> list[Rule]:
        rules = [rule_at(versions, event.occurred_at) for versions in meters]
        name = names[event.type_id].name
        return [rule for rule in rules if rule is not None and rule.event_type == name]

    return readers
