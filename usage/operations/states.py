"""Intervals from raw events of state: replaced from an instant on, kept where nothing changed.

Owns the rows; how changes become intervals is usage.aggregate.timelines.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from django.db.models import Q

from usage.aggregate.facts import Fact, Unreadable, read_fact
from usage.aggregate.rules import Rule, rule_at
from usage.aggregate.timelines import Span, spans_of
from usage.directory import dimension_set_ids
from usage.models import EventType, Interval
from usage.raw import stored_events

_EVER = datetime(9000, 1, 1, tzinfo=UTC)


def rebuild_states(
    versions: Sequence[Rule], resource_ids: Collection[int], *, since: datetime
) -> int:
    """Make the intervals of a meter say what raw events say from `since` on; return rows changed.

    Intervals that ended before `since` are kept; one that was still running then is the state the
    replay starts from. The stripes of the resources' owners must be held exclusively.
    """
    kept = _stored(versions[0].meter_id, resource_ids, since)
    facts = _facts(versions, resource_ids, since)
    changed = 0
    for resource_id in sorted(resource_ids):
        rows = kept.get(resource_id, [])
        opening = [
            replace(_span(row), ended_at=None, closed_by=None)
            for row in rows
            if row.started_at < since
        ]
        wanted = spans_of(facts.get(resource_id, ()), opening=opening, ends_at=_end(versions))
        changed += _replace(versions[0].meter_id, resource_id, rows, wanted)
    return changed


def expected_states(
    versions: Sequence[Rule], resource_ids: Collection[int]
) -> dict[int, list[Span]]:
    """All intervals of a meter as raw events alone say, by resource."""
    facts = _facts(versions, resource_ids, datetime(2000, 1, 1, tzinfo=UTC))
    return {
        resource_id: spans_of(found, ends_at=_end(versions)) for resource_id, found in facts.items()
    }


def stored_states(meter_id: int, resource_ids: Collection[int]) -> dict[int, list[Span]]:
    """All intervals of a meter as stored, by resource, ordered as `expected_states` orders them."""
    rows = _stored(meter_id, resource_ids, datetime(2000, 1, 1, tzinfo=UTC))
    return {
        resource_id: sorted(map(_span, found), key=lambda span: (span.state_key, span.started_at))
        for resource_id, found in rows.items()
    }


def _stored(
    meter_id: int, resource_ids: Collection[int], since: datetime
) -> dict[int, list[Interval]]:
    found: dict[int, list[Interval]] = defaultdict(list)
    rows = Interval.objects.filter(
        Q(ended_at__isnull=True) | Q(ended_at__gte=since),
        meter_id=meter_id,
        resource_id__in=sorted(resource_ids),
    ).select_related("dimension_set")
    for row in rows:
        found[row.resource_id].append(row)
    return found


def _facts(
    versions: Sequence[Rule], resource_ids: Collection[int], since: datetime
) -> dict[int, list[Fact]]:
    names = {rule.event_type for rule in versions}
    types = EventType.objects.filter(name__in=names).values_list("id", flat=True)
    found: dict[int, list[Fact]] = defaultdict(list)
    for stored in stored_events(resource_ids, list(types), start=since, end=_EVER):
        rule = rule_at(versions, stored.event.occurred_at)
        if rule is None:
            continue
        try:
            fact = read_fact(rule, stored.event)
        except Unreadable:
            # Accepted under an earlier version of the meter; why-not says so for the event.
            continue
        if fact is not None:
            found[stored.resource_id].append(fact)
    return found


def _end(versions: Sequence[Rule]) -> datetime | None:
    """When the meter itself ends, if it does."""
    last = max(versions, key=lambda rule: rule.version)
    return last.effective_until


def _span(row: Interval) -> Span:
    return Span(
        state_key=row.state_key,
        dimensions=row.dimension_set.text,
        quantity=row.quantity,
        started_at=row.started_at,
        ended_at=row.ended_at,
        opened_by=row.opened_by.hex,
        closed_by=row.closed_by.hex if row.closed_by else None,
    )


def _replace(
    meter_id: int, resource_id: int, rows: Iterable[Interval], wanted: Iterable[Span]
) -> int:
    """Write the difference only, so an interval keeps its id while it says the same."""
    stored = {(row.state_key, row.started_at): row for row in rows}
    missing: list[Span] = []
    changed: list[tuple[Interval, Span]] = []
    for span in wanted:
        row = stored.pop((span.state_key, span.started_at), None)
        if row is None:
            missing.append(span)
        elif _span(row) != span:
            changed.append((row, span))
    texts = sorted({span.dimensions for span in missing} | {span.dimensions for _, span in changed})
    sets = dimension_set_ids(texts) if texts else {}
    if stored:
        Interval.objects.filter(pk__in=[row.pk for row in stored.values()]).delete()
    for row, span in changed:
        _fill(row, span, sets[span.dimensions])
        row.save()
    Interval.objects.bulk_create(
        [
            _fill(Interval(meter_id=meter_id, resource_id=resource_id), span, sets[span.dimensions])
            for span in missing
        ]
    )
    return len(stored) + len(changed) + len(missing)


def _fill(row: Interval, span: Span, dimension_set_id: int) -> Interval:
    row.state_key = span.state_key
    row.dimension_set_id = dimension_set_id
    row.quantity = span.quantity
    row.started_at = span.started_at
    row.ended_at = span.ended_at
    row.opened_by = UUID(span.opened_by)
    row.closed_by = UUID(span.closed_by) if span.closed_by else None
    return row
