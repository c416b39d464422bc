"""What a figure was made of at an earlier instant, where that is not what it is made of today.

For evidence of what was billed: usage that was voided or amended since, that arrived since, and
the states that held then. Who owned a resource and what its meter reads are today's, because billed
time is closed to changes of both.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from usage.aggregate.facts import MeterFact
from usage.aggregate.timelines import spans_of
from usage.event_reader import OwnedEvents, StoredEvent, as_of, changed_since
from usage.meter_rules import rules_by_meter
from usage.models import Event, EventRevision, Receipt
from usage.queries.evidence import EventBehind, EventReading, EvidenceQuestion, IntervalBehind

MOST = 200
ARRIVED = "arrived"
_FIRST = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Word:
    """Who changed an event, what they did, when and why: the latest word on it since then."""

    key: UUID
    event_id: str
    resource_id: int
    occurred_at: datetime
    did: str
    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class ChangedEvent:
    """An event that counts otherwise than it did; None on the side where it does not count."""

    then: EventBehind | None
    now: EventBehind | None
    word: Word

    @property
    def value_then(self) -> Decimal | None:
        """The value it had then."""
        return None if self.then is None else self.then.value


@dataclass(frozen=True, slots=True)
class Since:
    """What changed since an instant. `words` are all of it, oldest event first; `is_cut` says there
    is more. `gone` are states that held then and do not today, `added` the identities of those that
    hold today and did not then.
    """

    words: Sequence[Word] = ()
    events: Mapping[str, ChangedEvent] = field(default_factory=dict)
    gone: Sequence[IntervalBehind] = ()
    added: Collection[tuple[object, ...]] = ()
    is_cut: bool = False


NOTHING = Since()


def since(question: EvidenceQuestion, at: datetime) -> Since:
    """What changed of a figure's evidence since an instant; `NOTHING` where nothing did."""
    versions = rules_by_meter()[question.meter_id]
    is_state = versions[0].is_state
    start = _FIRST if is_state else question.period.start
    names = {rule.event_type for rule in versions}
    owned = OwnedEvents(
        question.account_id, question.resource_id, names, start, question.period.end
    )
    changed = changed_since(owned, at, limit=MOST + 1)
    if not changed:
        return NOTHING
    reading = EventReading(question, versions)
    is_cut, changed = len(changed) > MOST, changed[:MOST]
    words = _words(changed, at)
    ids = {stored.resource_id for stored, _ in changed}
    if is_state:
        gone, added = _states(reading, ids, at)
        return Since(words, gone=gone, added=added, is_cut=is_cut) if gone or added else NOTHING
    before = {
        stored.event.key: stored
        for stored in as_of(
            reading.asked(ids, start=start), at, keys=[stored.event.key for stored, _ in changed]
        )
    }
    by_key = {word.key.hex: word for word in words}
    events = {}
    for stored, _ in changed:
        key = stored.event.key
        was = reading.behind(before[key]) if key in before else None
        counts = reading.behind(stored) if stored.revised != "void" else None
        if _says(was) != _says(counts):
            events[key] = ChangedEvent(was, counts, by_key[key])
    return Since([by_key[key] for key in events], events, is_cut=is_cut)


def identity(each: IntervalBehind) -> tuple[object, ...]:
    """What makes two states the same stretch of the same thing."""
    said = json.dumps([each.state_key, dict(each.dimensions), dict(each.presentation)])
    return each.resource_id, said, each.quantity, each.held_from, each.held_until


def _says(each: EventBehind | None) -> tuple[Decimal, object, object] | None:
    return None if each is None else (each.value, each.dimensions, each.member)


def _states(
    reading: EventReading, resource_ids: Collection[int], at: datetime
) -> tuple[list[IntervalBehind], set[tuple[object, ...]]]:
    asked = reading.asked(resource_ids, start=_FIRST)
    far = datetime.max.replace(tzinfo=UTC)
    then, now = _held(reading, as_of(asked, at)), _held(reading, as_of(asked, far))
    gone = [each for key, each in then.items() if key not in now]
    return sorted(gone, key=lambda each: each.held_from), now.keys() - then.keys()


def _held(
    reading: EventReading, stored: Sequence[StoredEvent]
) -> dict[tuple[object, ...], IntervalBehind]:
    facts: dict[int, list[MeterFact]] = defaultdict(list)
    for each in stored:
        fact = reading.fact(each)
        if fact is not None:
            facts[each.resource_id].append(fact)
    return {
        identity(held): held
        for resource_id, found in facts.items()
        for span in spans_of(found, ends_at=reading.ends_at)
        for held in reading.held(resource_id, span)
    }


def _words(changed: Sequence[tuple[StoredEvent, bool]], at: datetime) -> list[Word]:
    """The latest revision of each, or its arrival; two queries."""
    keys = [UUID(stored.event.key) for stored, _ in changed]
    revisions = EventRevision.objects.filter(key__in=keys, recorded_at__gt=at).order_by("number")
    latest = {revision.key: revision for revision in revisions}
    came = {
        event.key: event.receipt
        for event in Event.objects.filter(
            key__in=[key for key in keys if key not in latest],
            occurred_at__in={stored.event.occurred_at for stored, _ in changed},
        ).select_related("receipt")
    }
    return [
        _word(stored, latest.get(UUID(stored.event.key)), came.get(UUID(stored.event.key)))
        for stored, _ in changed
    ]


def _word(stored: StoredEvent, revision: EventRevision | None, receipt: Receipt | None) -> Word:
    event = stored.event
    about = (UUID(event.key), event.event_id, stored.resource_id, event.occurred_at)
    if revision is not None:
        did = revision.get_kind_display()
        return Word(*about, did, revision.actor_name, revision.recorded_at, revision.reason)
    assert receipt is not None
    return Word(*about, ARRIVED, receipt.actor_name, receipt.received_at, "")
