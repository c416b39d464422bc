"""The intervals and events behind one figure, page by page, oldest first.

Reads with the same rules the figure was made with: revisions applied, filtered events left out,
each second and event only under the account that owned the resource then.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from accounts.models import Resource, ResourceOwnership
from core.periods import Period
from usage.aggregate.exact import exactly, plain
from usage.aggregate.facts import EventUnreadable, MeterFact, read_fact
from usage.aggregate.rules import Rule, rule_at
from usage.aggregate.timelines import StateSpan
from usage.event_reader import EventPlace, EventSelection, StoredEvent, page_of_events
from usage.meter_rules import rules_by_meter
from usage.models import EventType, Source
from usage.ownerships import Owned, owned_resources

PAGE = 100
_SCAN = 500
_RESOURCES = 100
"""Whose events are read first; four times as many each time that there are too few of them."""

_HELD = """
    SELECT held.id, held.resource_id, held.state_key, sets.pricing::text, sets.presentation::text,
           held.quantity, held.held_from, held.held_until, held.started_at, held.ended_at,
           held.opened_by, held.closed_by
    FROM (
        SELECT interval.*, greatest(interval.started_at, %(start)s, owner.owned_from) AS held_from,
               least(interval.ended_at, %(end)s, owner.owned_until) AS held_until
        FROM accounts_resourceownership AS owner
        JOIN usage_interval AS interval ON interval.resource_id = owner.resource_id
        WHERE owner.account_id = %(account)s AND interval.meter_id = %(meter)s
          AND (%(resource)s::bigint IS NULL OR owner.resource_id = %(resource)s)
          AND interval.started_at < least(%(end)s, owner.owned_until)
          AND (interval.ended_at IS NULL
               OR interval.ended_at > greatest(%(start)s, owner.owned_from))
          AND owner.owned_from < %(end)s
          AND (owner.owned_until IS NULL OR owner.owned_until > %(start)s)
    ) AS held JOIN usage_dimensionset AS sets ON sets.id = held.dimension_set_id
    WHERE sets.pricing @> %(match)s::jsonb
      AND (%(after_at)s::timestamptz IS NULL
           OR (held.held_from, held.id) > (%(after_at)s::timestamptz, %(after_id)s))
    ORDER BY held.held_from, held.id LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class EvidenceQuestion:
    """Which figure: a meter of an account in a period, of one resource or all.

    `match` are pricing dimensions it must have. States that still hold count up to the period's
    end, so a bill so far is asked for with the present instant as the end.
    """

    account_id: int
    meter_id: int
    period: Period
    resource_id: int | None = None
    match: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class IntervalBehind:
    """A state as far as it counts: within the period and while the account owned the resource.

    [held_from, held_until) is what counts, `seconds` its length, `amount` seconds × quantity.
    `started_at` and `ended_at` are the state's own; it may still hold.
    """

    id: int
    resource_id: int
    state_key: Sequence[str]
    dimensions: Mapping[str, str]
    presentation: Mapping[str, str]
    quantity: Decimal
    held_from: datetime
    held_until: datetime
    started_at: datetime
    ended_at: datetime | None
    opened_by: str
    closed_by: str | None

    @property
    def seconds(self) -> Decimal:
        """The length of what counts, exact to the microsecond."""
        length = self.held_until - self.held_from
        micro = (length.days * 86_400 + length.seconds) * 1_000_000 + length.microseconds
        with exactly():
            return plain(Decimal(micro).scaleb(-6))

    @property
    def amount(self) -> Decimal:
        """What it adds to the figure."""
        with exactly():
            return plain(self.seconds * self.quantity)


@dataclass(frozen=True, slots=True)
class EventBehind:
    """An event that counts, and the value the meter read from it; `revised` says if amended."""

    key: str
    source: str
    event_id: str
    type: str
    resource_id: int
    occurred_at: datetime
    value: Decimal
    dimensions: Mapping[str, str]
    presentation: Mapping[str, str]
    member: str
    revised: str | None


@dataclass(frozen=True, slots=True)
class EvidencePage:
    """Intervals of a state meter, or events of any other; `following` is where the next starts."""

    intervals: Sequence[IntervalBehind] = ()
    events: Sequence[EventBehind] = ()
    following: EventPlace | None = None


def evidence(
    question: EvidenceQuestion, *, after: EventPlace | None = None, limit: int = PAGE
) -> EvidencePage:
    """What is behind a figure, oldest first within each resource; states by their start.

    `after` is the `following` of the page before.
    """
    versions = rules_by_meter()[question.meter_id]
    if versions[0].is_state:
        return _intervals(question, after, limit)
    return _events(question, versions, after, limit)


def _intervals(question: EvidenceQuestion, after: EventPlace | None, limit: int) -> EvidencePage:
    parameters = {
        "account": question.account_id,
        "meter": question.meter_id,
        "resource": question.resource_id,
        "start": question.period.start,
        "end": question.period.end,
        "match": json.dumps(dict(question.match)),
        "after_at": after[1] if after else None,
        "after_id": after[0] if after else None,
        "limit": limit + 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(_HELD, parameters)
        found = [_interval(row) for row in cursor.fetchall()]
    page, has_more = found[:limit], len(found) > limit
    following = (page[-1].id, page[-1].held_from, 0, 0) if has_more else None
    return EvidencePage(intervals=page, following=following)


def _interval(row: Sequence[Any]) -> IntervalBehind:
    return IntervalBehind(
        id=row[0],
        resource_id=row[1],
        state_key=json.loads(row[2]),
        dimensions=json.loads(row[3]),
        presentation=json.loads(row[4]),
        quantity=row[5],
        held_from=row[6],
        held_until=row[7],
        started_at=row[8],
        ended_at=row[9],
        opened_by=row[10].hex,
        closed_by=row[11].hex if row[11] else None,
    )


def _events(
    question: EvidenceQuestion, versions: Sequence[Rule], after: EventPlace | None, limit: int
) -> EvidencePage:
    reader = EventReading(question, versions)
    found: list[EventBehind] = []
    while True:
        scanned = reader.scan(after)
        for stored in scanned:
            behind = reader.behind(stored)
            if behind is None:
                continue
            if len(found) == limit:
                return EvidencePage(events=found, following=after)
            found.append(behind)
            after = stored.place
        if len(scanned) < _SCAN:
            return EvidencePage(events=found)
        after = scanned[-1].place


class EventReading:
    """Which events a question is about, and what its meter reads from each."""

    def __init__(self, question: EvidenceQuestion, versions: Sequence[Rule]) -> None:
        self._question = question
        self._versions = versions
        names = {rule.event_type for rule in versions}
        self._types = dict(EventType.objects.filter(name__in=names).values_list("id", "name"))
        self._sources = dict(Source.objects.values_list("id", "name"))
        self._resource_ids = self._resources()
        self._owned: dict[int, Owned] = {}

    @property
    def ends_at(self) -> datetime | None:
        """When the meter itself ends, if it does."""
        return max(self._versions, key=lambda rule: rule.version).effective_until

    def asked(self, resource_ids: Collection[int], *, start: datetime) -> EventSelection:
        """The raw events it reads of some resources, from an instant to the end of its period."""
        self._know(resource_ids)
        types, end = self._types.keys(), self._question.period.end
        return EventSelection(resource_ids, types, start, end)

    def fact(self, stored: StoredEvent) -> MeterFact | None:
        """What the meter reads from an event, whoever owned its resource; None for nothing."""
        rule = rule_at(self._versions, stored.event.occurred_at)
        if rule is None:
            return None
        try:
            return read_fact(rule, stored.event)
        except EventUnreadable:
            # Accepted under an earlier version; it adds nothing to the figure.
            return None

    def scan(self, after: EventPlace | None) -> list[StoredEvent]:
        """The next events it reads; fewer than asked for at their end. Resource by resource, so
        that a page costs what it shows, whatever else the account owns.
        """
        period = self._question.period
        found: list[StoredEvent] = []
        first = 0 if after is None else bisect_left(self._resource_ids, after[0])
        count = _RESOURCES
        while first < len(self._resource_ids) and len(found) < _SCAN:
            found += page_of_events(
                self._resource_ids[first : first + count],
                self._types.keys(),
                start=period.start,
                end=period.end,
                after=after,
                limit=_SCAN - len(found),
            )
            first, count = first + count, count * 4
        self._know({stored.resource_id for stored in found})
        return found

    def behind(self, stored: StoredEvent) -> EventBehind | None:
        """The event with its value, None where it does not count."""
        event = stored.event
        owner = self._owned[stored.resource_id].owner_at(event.occurred_at)
        fact = self.fact(stored)
        if owner != self._question.account_id or fact is None or not self._matches(fact.dimensions):
            return None
        pricing, presentation = json.loads(fact.dimensions)
        return EventBehind(
            key=event.key,
            source=self._sources[stored.source_id],
            event_id=event.event_id,
            type=self._types[stored.type_id],
            resource_id=stored.resource_id,
            occurred_at=event.occurred_at,
            value=plain(fact.value),
            dimensions=pricing,
            presentation=presentation,
            member=fact.member,
            revised=stored.revised,
        )

    def _matches(self, dimensions: str) -> bool:
        pricing: Mapping[str, str] = json.loads(dimensions)[0]
        return all(pricing.get(name) == value for name, value in self._question.match.items())

    def held(self, resource_id: int, span: StateSpan) -> list[IntervalBehind]:
        """A state as far as it counts: within the period, under each time the account owned it."""
        if not self._matches(span.dimensions):
            return []
        pricing, presentation = json.loads(span.dimensions)
        window, found = self._question.period, []
        for owned in self._owned[resource_id].ownerships:
            start = max(span.started_at, owned.owned_from, window.start)
            ends = [at for at in (span.ended_at, owned.owned_until) if at is not None]
            end = min([window.end, *ends])
            if owned.account_id != self._question.account_id or start >= end:
                continue
            found.append(
                IntervalBehind(
                    id=0,
                    resource_id=resource_id,
                    state_key=json.loads(span.state_key),
                    dimensions=pricing,
                    presentation=presentation,
                    quantity=span.quantity,
                    held_from=start,
                    held_until=end,
                    started_at=span.started_at,
                    ended_at=span.ended_at,
                    opened_by=span.opened_by,
                    closed_by=span.closed_by,
                )
            )
        return found

    def _resources(self) -> list[int]:
        if self._question.resource_id is not None:
            return [self._question.resource_id]
        owned = ResourceOwnership.objects.filter(
            account_id=self._question.account_id, owned_from__lt=self._question.period.end
        )
        return sorted(set(owned.values_list("resource_id", flat=True)))

    def _know(self, resource_ids: Collection[int]) -> None:
        missing = set(resource_ids) - self._owned.keys()
        if missing:
            self._owned |= owned_resources(Resource.objects.filter(pk__one_of=missing))
