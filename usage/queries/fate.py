"""What became of an event, and why it counts or counts nothing: the usage part of why / why not.

Owns every answer up to the quantity: received, held, in conflict, revised, filtered out, counted.
What the quantity cost is billing's to add.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import Q

from accounts.models import Resource
from accounts.queries.profiles import zones_of
from core.errors import NotFound
from usage.aggregate.facts import EventUnreadable, MeterFact, RawEvent, pricing_of, read_fact
from usage.aggregate.order import Arrival, in_order
from usage.aggregate.rules import Aggregation, Rule
from usage.days import day_at
from usage.event_reader import ResourceSpan, events_within
from usage.meter_rules import rules_by_meter
from usage.models import (
    Event,
    EventConflict,
    EventContext,
    EventKey,
    EventRevision,
    EventType,
    Interval,
    QuarantinedEvent,
    QuarantineState,
    RevisionKind,
)
from usage.ownerships import owned_resources
from usage.queries.freshness import behind


class EventNotFound(NotFound):
    """No event with this key was received, or none that was accepted and is kept."""

    code = "event_not_found"
    title = "No such event"


class EventStanding(StrEnum):
    """Where an event stands as a whole."""

    COUNTED = "counted"
    NOT_COUNTED = "not_counted"
    HELD = "held"
    DROPPED = "dropped"
    VOIDED = "voided"


class Read(StrEnum):
    """What one meter made of an event."""

    COUNTED = "counted"
    FILTERED = "filtered"
    UNREADABLE = "unreadable"
    BEFORE_METER = "before_meter"
    AFTER_METER = "retired_meter"
    NO_CHANGE = "no_change"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class MeterView:
    """One meter's view: `outcome` and, where counted, under whom, on which day, as how much.

    `interval_ids` are the states that the event began or ended; `replaced_by` is the key of the
    event that holds for the same instant instead.
    """

    meter_id: int
    meter_code: str
    version: int | None
    outcome: Read
    detail: str
    value: Decimal | None = None
    account_id: int | None = None
    day: date | None = None
    dimensions: str = ""
    interval_ids: Sequence[int] = ()
    replaced_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class Revised:
    """A later word on the event."""

    number: int
    kind: str
    quantity: Decimal | None
    data: Mapping[str, Any]
    by: str
    reason: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Conflicting:
    """Other content that was sent under the same identity, and not taken."""

    fingerprint: str
    content: Mapping[str, Any]
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Fate:
    """Everything known of an event up to its quantities. `why` is one sentence for a person.

    `quantity` and `data` are what counts of it now, the latest revision applied.
    """

    key: str
    fingerprint: str
    standing: EventStanding
    why: str
    source: str
    event_id: str
    type: str
    occurred_at: datetime
    received_at: datetime
    request_id: str
    subject: str = ""
    quantity: Decimal | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    resource_id: int | None = None
    owner_id: int | None = None
    readings: Sequence[MeterView] = ()
    revisions: Sequence[Revised] = ()
    conflicts: Sequence[Conflicting] = field(default=())
    extensions: Mapping[str, Any] = field(default_factory=dict)

    @property
    def last_revision(self) -> int:
        """The number of the last word on it, 0 for none: what a correction is made from."""
        return self.revisions[-1].number if self.revisions else 0


def fate_of(key: UUID) -> Fate:
    """The fate of the event with this key, the `event_key` of its source and id.

    Raises: EventNotFound.
    """
    known = EventKey.objects.select_related("receipt").filter(pk=key).first()
    if known is None:
        raise EventNotFound(f"No event with the key {key} was ever received.")
    context = EventContext.objects.filter(pk=key).values_list("attributes", flat=True).first()
    return replace(_fate_of(known), extensions=context or {})


def _fate_of(known: EventKey) -> Fate:
    key = known.key
    held = QuarantinedEvent.objects.select_related("source").filter(key=key).first()
    if held is not None and held.state != QuarantineState.RELEASED:
        return _held(known, held)
    event = (
        Event.objects.select_related("source")
        .filter(key=key, occurred_at=known.occurred_at)
        .first()
    )
    if event is None:
        raise EventNotFound(f"The event {key} is archived; only its identity is kept here.")
    return _accepted(known, event)


def _held(known: EventKey, held: QuarantinedEvent) -> Fate:
    is_dropped = held.state == QuarantineState.DROPPED
    why = (
        f"Dropped by {held.decided_by}: {held.decided_reason}"
        if is_dropped
        else f"Held: {held.detail}"
    )
    return Fate(
        key=known.key.hex,
        fingerprint=known.fingerprint.hex,
        standing=EventStanding.DROPPED if is_dropped else EventStanding.HELD,
        why=why,
        source=held.source.name,
        event_id=held.event_id,
        type=held.type,
        occurred_at=held.occurred_at,
        received_at=known.receipt.received_at,
        request_id=known.receipt.request_id,
        subject=held.subject,
        quantity=held.quantity,
        data=held.data or {},
        conflicts=_conflicts(known),
    )


def _accepted(known: EventKey, event: Event) -> Fate:
    type_name = EventType.objects.get(pk=event.type_id).name
    revisions = list(EventRevision.objects.filter(key=event.key).order_by("number"))
    last = revisions[-1] if revisions else None
    (owned,) = owned_resources(Resource.objects.filter(pk=event.resource_id)).values()
    owner_id = owned.owner_at(event.occurred_at)
    is_void = last is not None and last.kind == RevisionKind.VOID
    readings = [] if is_void else _readings(event, last, type_name, owner_id)
    standing = _standing(is_void, readings)
    said = event if last is None else last
    return Fate(
        key=known.key.hex,
        fingerprint=known.fingerprint.hex,
        standing=standing,
        why=_why(standing, last, readings),
        source=event.source.name,
        event_id=event.event_id,
        type=type_name,
        occurred_at=event.occurred_at,
        received_at=known.receipt.received_at,
        request_id=known.receipt.request_id,
        subject=owned.platform_id,
        quantity=said.quantity,
        data=said.data or {},
        resource_id=event.resource_id,
        owner_id=owner_id,
        readings=readings,
        revisions=[_revised(revision) for revision in revisions],
        conflicts=_conflicts(known),
    )


def _readings(
    event: Event, last: EventRevision | None, type_name: str, owner_id: int | None
) -> list[MeterView]:
    said = event if last is None else last
    report = Arrival(event.receipt_id, event.position, event.source_id, event.sequence)
    data = said.data or {}
    raw = RawEvent(event.key.hex, event.event_id, event.occurred_at, said.quantity, data, report)
    return [
        _reading(event, raw, [rule for rule in versions if rule.event_type == type_name], owner_id)
        for versions in rules_by_meter().values()
        if any(rule.event_type == type_name for rule in versions)
    ]


def _reading(
    event: Event, raw: RawEvent, versions: Sequence[Rule], owner_id: int | None
) -> MeterView:
    rule = next((each for each in versions if each.reads(raw.occurred_at)), None)
    if rule is None:
        return _outside(versions, raw.occurred_at)
    try:
        fact = read_fact(rule, raw)
    except EventUnreadable as unreadable:
        detail = f"It could not be read: {unreadable.detail}."
        return MeterView(rule.meter_id, rule.meter_code, rule.version, Read.UNREADABLE, detail)
    if fact is None:
        detail = f"The filter leaves it out: {rule.filter.text if rule.filter else ''}"
        return MeterView(rule.meter_id, rule.meter_code, rule.version, Read.FILTERED, detail)
    if owner_id is None:
        detail = "Nobody owns the resource at that instant any more."
        return MeterView(rule.meter_id, rule.meter_code, rule.version, Read.UNREADABLE, detail)
    return _counted(event, rule, fact, owner_id)


def _counted(event: Event, rule: Rule, fact: MeterFact, owner_id: int) -> MeterView:
    day = day_at(zones_of([owner_id])[owner_id], fact.at)
    outcome: Read = Read.COUNTED
    detail = f"Counted on {day.isoformat()}."
    intervals = _intervals_of(event, rule) if rule.is_state else []
    if rule.is_state:
        detail = f"It began or ended {len(intervals)} intervals."
    holds = fact if intervals else _holding(event, rule, fact)
    if holds.key != fact.key:
        outcome, detail = Read.REPLACED, _replaced(fact, holds)
    elif rule.is_state and not intervals:
        if behind([owner_id]) is not None:
            detail = "It counts, but which states it began or ended is not built yet."
        else:
            outcome, detail = Read.NO_CHANGE, "The state was the same before; nothing changed."
    return MeterView(
        rule.meter_id,
        rule.meter_code,
        rule.version,
        outcome,
        detail,
        value=fact.value,
        account_id=owner_id,
        day=day,
        dimensions=fact.dimensions,
        interval_ids=intervals,
        replaced_by=None if holds.key == fact.key else UUID(holds.key),
    )


def _intervals_of(event: Event, rule: Rule) -> list[int]:
    """The states that the event began or ended."""
    intervals = Interval.objects.filter(
        Q(opened_by=event.key) | Q(closed_by=event.key),
        resource_id=event.resource_id,
        meter_id=rule.meter_id,
    )
    return list(intervals.values_list("pk", flat=True))


def _holding(event: Event, rule: Rule, fact: MeterFact) -> MeterFact:
    """What holds of all that was reported for the same instant; the event's own fact where each
    of them counts."""
    if not (rule.is_state or rule.aggregation is Aggregation.LATEST):
        return fact
    span = ResourceSpan(0, event.resource_id, fact.at, fact.at + timedelta(microseconds=1))
    facts = [
        other
        for _, stored in events_within([span], [event.type_id])
        if (other := _read_or_none(rule, stored.event)) is not None
        and other.state_key == fact.state_key
        and pricing_of(other.dimensions) == pricing_of(fact.dimensions)
    ]
    return in_order(facts)[-1]


def _read_or_none(rule: Rule, raw: RawEvent) -> MeterFact | None:
    try:
        return read_fact(rule, raw)
    except EventUnreadable:
        # Accepted under an earlier version; it holds for nothing.
        return None


def _replaced(fact: MeterFact, holds: MeterFact) -> str:
    # What another source sent is not named: its sender may not be who reads this.
    if fact.report.source_id != holds.report.source_id:
        return "Replaced by what another source reported later for the same instant."
    if fact.report.sequence and holds.report.sequence:
        how = "which its source numbered higher for the same instant"
    else:
        how = "reported later for the same instant"
    return f"Replaced by {holds.event_id}, {how}."


def _outside(versions: Sequence[Rule], at: datetime) -> MeterView:
    first = versions[0]
    is_before = all(
        rule.effective_from is not None and at < rule.effective_from for rule in versions
    )
    outcome = Read.BEFORE_METER if is_before else Read.AFTER_METER
    detail = "The meter did not read then yet." if is_before else "The meter did not read any more."
    return MeterView(first.meter_id, first.meter_code, None, outcome, detail)


def _standing(is_void: bool, readings: Sequence[MeterView]) -> EventStanding:
    if is_void:
        return EventStanding.VOIDED
    counts = any(reading.outcome is Read.COUNTED for reading in readings)
    return EventStanding.COUNTED if counts else EventStanding.NOT_COUNTED


def _why(standing: EventStanding, last: EventRevision | None, readings: Sequence[MeterView]) -> str:
    if standing is EventStanding.VOIDED and last is not None:
        return f"Voided by {last.actor_name}: {last.reason}"
    said = [f"{reading.meter_code}: {reading.detail}" for reading in readings]
    return " ".join(said) if said else "No meter reads events of this type."


def _revised(revision: EventRevision) -> Revised:
    return Revised(
        number=revision.number,
        kind=revision.kind,
        quantity=revision.quantity,
        data=revision.data or {},
        by=revision.actor_name,
        reason=revision.reason,
        recorded_at=revision.recorded_at,
    )


def _conflicts(known: EventKey) -> list[Conflicting]:
    return [
        Conflicting(row.fingerprint.hex, row.content, row.received_at)
        for row in EventConflict.objects.filter(key=known.key).order_by("received_at", "pk")
    ]
