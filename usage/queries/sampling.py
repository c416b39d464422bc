"""How a definition would read the latest real events of its type; nothing is saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from usage.aggregate.facts import EventUnreadable, RawEvent, read_fact
from usage.aggregate.rules import Aggregation
from usage.meter_rules import rule_of
from usage.meter_terms import MeterTerms, check_terms, version_of
from usage.models import Event, EventRevision, EventType, Meter, RevisionKind

SAMPLE = 500
"""Events read, the latest first."""
LOOKBACK = timedelta(days=62)


@dataclass(frozen=True, slots=True)
class SampledEvent:
    """One event as the definition reads it; `problem` where it cannot, no value where it is left
    out by the filter."""

    key: str
    event_id: str
    occurred_at: datetime
    resource_id: int
    value: Decimal | None
    dimensions: str
    problem: str

    @property
    def outcome(self) -> str:
        """counted, filtered or unreadable."""
        if self.problem:
            return "unreadable"
        return "filtered" if self.value is None else "counted"


@dataclass(frozen=True, slots=True)
class Sample:
    """The latest events of the type, each as read."""

    events: Sequence[SampledEvent]

    def count(self, outcome: str) -> int:
        """How many events were read so."""
        return sum(event.outcome == outcome for event in self.events)


def sample(meter: Meter, terms: MeterTerms, *, at: datetime) -> Sample:
    """Read up to 500 events of the last 62 days; four queries. `meter` may be one not saved yet.

    Raises: TermsInvalid.
    """
    check_terms(Aggregation(meter.aggregation), meter.carries_over, terms)
    supposed = rule_of(version_of(meter, 0, terms), meter)
    kind = EventType.objects.filter(name=terms.event_type).first()
    if kind is None:
        return Sample(())
    events = list(
        Event.objects.filter(
            type=kind, occurred_at__gte=at - LOOKBACK, occurred_at__lt=at
        ).order_by("-occurred_at", "key")[:SAMPLE]
    )
    last = _last_words(events)
    read = []
    for event in events:
        said = last.get(event.key)
        if said is not None and said.kind == RevisionKind.VOID:
            continue
        counts = said or event
        raw = RawEvent(
            event.key.hex, event.event_id, event.occurred_at, counts.quantity, counts.data or {}
        )
        value, dimensions, problem = None, "", ""
        try:
            fact = read_fact(supposed, raw)
        except EventUnreadable as unreadable:
            problem = unreadable.detail
        else:
            if fact is not None:
                value, dimensions = fact.value, fact.dimensions
        read.append(
            SampledEvent(
                str(event.key),
                event.event_id,
                event.occurred_at,
                event.resource_id,
                value,
                dimensions,
                problem,
            )
        )
    return Sample(read)


def _last_words(events: Sequence[Event]) -> dict[object, EventRevision]:
    revisions = EventRevision.objects.filter(key__in=[event.key for event in events])
    return {revision.key: revision for revision in revisions.order_by("number")}
