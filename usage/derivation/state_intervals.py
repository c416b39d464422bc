"""Intervals from raw events of state: replaced from an instant on, kept where nothing changed.

Owns the rows; how changes become intervals is usage.aggregate.timelines.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from django.db.models import Q

from usage.aggregate.facts import EventUnreadable, MeterFact, read_fact
from usage.aggregate.rules import Rule, rule_at
from usage.aggregate.timelines import StateSpan, spans_of
from usage.dimension_sets import dimension_set_ids
from usage.event_reader import ResourceSpan, events_within
from usage.models import EventType, Interval

_FIRST = datetime(2000, 1, 1, tzinfo=UTC)
_EVER = datetime(9000, 1, 1, tzinfo=UTC)

_SAID = (
    *("state_key", "dimension_set", "quantity"),
    *("started_at", "ended_at", "opened_by", "closed_by"),
)


def rebuild_states(versions: Sequence[Rule], since: Mapping[int, datetime]) -> int:
    """Make the intervals of a meter say what raw events say; return rows changed.

    `since` has, by resource, the instant from which they are made again. Intervals that ended
    before it are kept; one that was still running then is the state the replay starts from. A fixed
    number of queries. The stripes of the resources' owners must be held exclusively.
    """
    meter_id = versions[0].meter_id
    kept = _stored(meter_id, since)
    facts = _facts(versions, since)
    change = _Change(meter_id)
    for resource_id, start in sorted(since.items()):
        rows = kept.get(resource_id, [])
        opening = [
            replace(_span(row), ended_at=None, closed_by=None)
            for row in rows
            if row.started_at < start
        ]
        change.add(
            resource_id,
            rows,
            spans_of(facts.get(resource_id, ()), opening=opening, ends_at=_end(versions)),
        )
    return change.write()


def expected_states(
    versions: Sequence[Rule], resource_ids: Collection[int]
) -> dict[int, list[StateSpan]]:
    """All intervals of a meter as raw events alone say, by resource."""
    facts = _facts(versions, dict.fromkeys(resource_ids, _FIRST))
    return {
        resource_id: spans_of(found, ends_at=_end(versions)) for resource_id, found in facts.items()
    }


def stored_states(meter_id: int, resource_ids: Collection[int]) -> dict[int, list[StateSpan]]:
    """All intervals of a meter as stored, by resource, ordered as `expected_states` orders them."""
    rows = _stored(meter_id, dict.fromkeys(resource_ids, _FIRST))
    return {
        resource_id: sorted(map(_span, found), key=lambda span: (span.state_key, span.started_at))
        for resource_id, found in rows.items()
    }


def _stored(meter_id: int, since: Mapping[int, datetime]) -> dict[int, list[Interval]]:
    """Intervals that were running at the instant of their resource, or began later."""
    found: dict[int, list[Interval]] = defaultdict(list)
    if not since:
        return found
    rows = Interval.objects.filter(
        Q(ended_at__isnull=True) | Q(ended_at__gte=min(since.values())),
        meter_id=meter_id,
        resource_id__in=sorted(since),
    ).select_related("dimension_set")
    for row in rows:
        if row.ended_at is None or row.ended_at >= since[row.resource_id]:
            found[row.resource_id].append(row)
    return found


def _facts(versions: Sequence[Rule], since: Mapping[int, datetime]) -> dict[int, list[MeterFact]]:
    names = {rule.event_type for rule in versions}
    types = EventType.objects.filter(name__in=names).values_list("id", flat=True)
    spans = [
        ResourceSpan(position, resource_id, start, _EVER)
        for position, (resource_id, start) in enumerate(sorted(since.items()))
    ]
    found: dict[int, list[MeterFact]] = defaultdict(list)
    for _, stored in events_within(spans, list(types)):
        rule = rule_at(versions, stored.event.occurred_at)
        if rule is None:
            continue
        try:
            fact = read_fact(rule, stored.event)
        except EventUnreadable:
            # Accepted under an earlier version of the meter; why-not says so for the event.
            continue
        if fact is not None:
            found[stored.resource_id].append(fact)
    return found


def _end(versions: Sequence[Rule]) -> datetime | None:
    """When the meter itself ends, if it does."""
    last = max(versions, key=lambda rule: rule.version)
    return last.effective_until


def _span(row: Interval) -> StateSpan:
    return StateSpan(
        state_key=row.state_key,
        dimensions=row.dimension_set.text,
        quantity=row.quantity,
        started_at=row.started_at,
        ended_at=row.ended_at,
        opened_by=row.opened_by.hex,
        closed_by=row.closed_by.hex if row.closed_by else None,
    )


class _Change:
    """The difference between stored and wanted intervals: an interval keeps its id while it says
    the same.
    """

    def __init__(self, meter_id: int) -> None:
        self._meter_id = meter_id
        self._gone: list[int] = []
        self._changed: list[tuple[Interval, StateSpan]] = []
        self._missing: list[tuple[Interval, StateSpan]] = []

    def add(self, resource_id: int, rows: Iterable[Interval], wanted: Iterable[StateSpan]) -> None:
        stored = {(row.state_key, row.started_at): row for row in rows}
        for span in wanted:
            row = stored.pop((span.state_key, span.started_at), None)
            if row is None:
                new = Interval(meter_id=self._meter_id, resource_id=resource_id)
                self._missing.append((new, span))
            elif _span(row) != span:
                self._changed.append((row, span))
        self._gone += [row.pk for row in stored.values()]

    def write(self) -> int:
        """Write all of it; return how many rows."""
        filled = [*self._changed, *self._missing]
        texts = sorted({span.dimensions for _, span in filled})
        sets = dimension_set_ids(texts) if texts else {}
        for row, span in filled:
            _fill(row, span, sets[span.dimensions])
        if self._gone:
            Interval.objects.filter(pk__in=self._gone).delete()
        Interval.objects.bulk_update([row for row, _ in self._changed], _SAID, batch_size=1_000)
        Interval.objects.bulk_create([row for row, _ in self._missing])
        return len(self._gone) + len(filled)


def _fill(row: Interval, span: StateSpan, dimension_set_id: int) -> None:
    row.state_key = span.state_key
    row.dimension_set_id = dimension_set_id
    row.quantity = span.quantity
    row.started_at = span.started_at
    row.ended_at = span.ended_at
    row.opened_by = UUID(span.opened_by)
    row.closed_by = UUID(span.closed_by) if span.closed_by else None
