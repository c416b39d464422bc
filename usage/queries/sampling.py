"""How a definition would read events: the latest real ones of its type, or samples that somebody
pasted. Nothing is saved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from core.periods import Period
from usage.aggregate.exact import exactly, plain
from usage.aggregate.facts import (
    EventUnreadable,
    MeterFact,
    RawEvent,
    check_plausible,
    pricing_of,
    read_fact,
)
from usage.aggregate.figures import ZERO, figure_of, microseconds, quantity_of
from usage.aggregate.rules import Aggregation, Rule
from usage.aggregate.timelines import spans_of
from usage.envelope.received_event import EventRefusal, ReceivedEvent
from usage.meter_rules import rule_of
from usage.meter_terms import MeterTerms, check_terms, version_of
from usage.models import Event, EventRevision, EventType, Meter, RevisionKind

SAMPLE = 500
"""Events read, the latest first."""
LOOKBACK = timedelta(days=62)


@dataclass(frozen=True, slots=True)
class SampledEvent:
    """One event as the definition reads it, with why where it does not count.

    `outcome` is counted, filtered, unreadable, refused (it is no event) or other_type. `key` and
    `resource_id` are those of a stored event; a pasted one has none.
    """

    event_id: str
    occurred_at: datetime | None
    outcome: str
    problem: str = ""
    fact: MeterFact | None = None
    key: str = ""
    resource_id: int | None = None

    @property
    def value(self) -> Decimal | None:
        """What it counts for."""
        return self.fact.value if self.fact else None

    @property
    def labels(self) -> Mapping[str, str]:
        """What the price may look at, and as what member or of what group it counts."""
        if self.fact is None:
            return {}
        also = {"member": self.fact.member, "group": self.fact.group}
        return {**pricing_of(self.fact.dimensions), **{n: v for n, v in also.items() if v}}


@dataclass(frozen=True, slots=True)
class SampleTotal:
    """What counted samples come to together, as events of one resource, by what prices look at."""

    labels: Mapping[str, str]
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Sample:
    """Events, each as read; of pasted ones also what they come to, where that can be said."""

    events: Sequence[SampledEvent]
    totals: Sequence[SampleTotal] = ()
    is_pasted: bool = False

    @property
    def counted(self) -> int:
        """How many events count."""
        return self._count("counted")

    @property
    def filtered(self) -> int:
        """How many are left out: by the filter, or because the meter reads another type."""
        return self._count("filtered", "other_type")

    @property
    def unread(self) -> int:
        """How many cannot be read, by the meter or by anybody."""
        return self._count("unreadable", "refused")

    def _count(self, *outcomes: str) -> int:
        return sum(event.outcome in outcomes for event in self.events)


def sample(meter: Meter, terms: MeterTerms, *, at: datetime) -> Sample:
    """Read up to 500 events of the last 62 days; four queries. `meter` may be one not saved yet.

    Raises: TermsInvalid.
    """
    supposed = _supposed(meter, terms)
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
        outcome, problem, fact = _read(supposed, raw)
        read.append(
            SampledEvent(
                event.event_id,
                event.occurred_at,
                outcome,
                problem,
                fact,
                str(event.key),
                event.resource_id,
            )
        )
    return Sample(read)


def sample_pasted(
    meter: Meter, terms: MeterTerms, samples: Sequence[ReceivedEvent | EventRefusal]
) -> Sample:
    """Read pasted events, in their order, as if they were sent now. `meter` may be one not saved.

    Raises: TermsInvalid.
    """
    supposed = _supposed(meter, terms)
    read = [_pasted(supposed, each) for each in samples]
    return Sample(read, _totals(supposed, read), is_pasted=True)


def _supposed(meter: Meter, terms: MeterTerms) -> Rule:
    check_terms(Aggregation(meter.aggregation), meter.carries_over, terms)
    return rule_of(version_of(meter, 0, terms), meter)


def _read(rule: Rule, raw: RawEvent) -> tuple[str, str, MeterFact | None]:
    try:
        fact = read_fact(rule, raw)
    except EventUnreadable as unreadable:
        return "unreadable", unreadable.detail, None
    return ("filtered" if fact is None else "counted"), "", fact


def _pasted(rule: Rule, sent: ReceivedEvent | EventRefusal) -> SampledEvent:
    if isinstance(sent, EventRefusal):
        return SampledEvent(sent.id or "", None, "refused", sent.detail)
    if sent.type != rule.event_type:
        problem = f"It is a {sent.type}; the meter reads {rule.event_type}."
        return SampledEvent(sent.id, sent.occurred_at, "other_type", problem)
    if sent.decimals > rule.scale:
        problem = f"Its quantity has {sent.decimals} decimals; the meter takes {rule.scale}."
        return SampledEvent(sent.id, sent.occurred_at, "refused", problem)
    raw = RawEvent(sent.key, sent.id, sent.occurred_at, sent.quantity, sent.data)
    outcome, problem, fact = _read(rule, raw)
    try:
        if fact is not None:
            check_plausible(rule, fact.value)
    except EventUnreadable as absurd:
        outcome, problem, fact = "unreadable", absurd.detail, None
    return SampledEvent(sent.id, sent.occurred_at, outcome, problem, fact)


def _totals(rule: Rule, read: Sequence[SampledEvent]) -> list[SampleTotal]:
    """None of what depends on a length of time that samples do not say."""
    by_labels: dict[tuple[tuple[str, str], ...], list[MeterFact]] = defaultdict(list)
    is_of_members = rule.is_state and rule.aggregation is not Aggregation.DURATION
    if is_of_members or rule.aggregation is Aggregation.TIME_WEIGHTED_SUM:
        return []
    for fact in (each.fact for each in read if each.fact):
        by_labels[tuple(pricing_of(fact.dimensions).items())].append(fact)
    quantity = _in_states if rule.is_state else _of_days
    return [
        SampleTotal(dict(labels), plain(quantity(rule, facts)))
        for labels, facts in by_labels.items()
    ]


def _of_days(rule: Rule, facts: Sequence[MeterFact]) -> Decimal:
    days: dict[date, list[MeterFact]] = defaultdict(list)
    for fact in facts:
        days[fact.at.date()].append(fact)
    figures = [figure_of(rule, found, zone="UTC") for found in days.values()]
    first, last = (datetime.combine(pick(days), datetime.min.time(), UTC) for pick in (min, max))
    window = Period(first, last + timedelta(days=1))
    return quantity_of(rule, figures, window=window, until=window.end, opening=ZERO)


def _in_states(rule: Rule, facts: Sequence[MeterFact]) -> Decimal:
    """Seconds in the states up to the last of the events, times how many."""
    total, last = ZERO, max(fact.at for fact in facts)
    with exactly():
        for span in spans_of(facts):
            length = microseconds(span.ended_at or last) - microseconds(span.started_at)
            total += span.quantity * Decimal(length).scaleb(-6)
    return total


def _last_words(events: Sequence[Event]) -> dict[object, EventRevision]:
    revisions = EventRevision.objects.filter(key__in=[event.key for event in events])
    return {revision.key: revision for revision in revisions.order_by("number")}
