"""How a batch is stored: keys first, because they decide what is new; then everything else.

Owns the SQL of ingest. Rows go in by COPY, sorted by key, so that two batches with the same events
in different order wait for each other and never deadlock. While the server works on one COPY, the
text of the next is made.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import psycopg
from django.db import connection

from core.db.transactions import transaction
from usage.aggregate.exact import exactly
from usage.aggregate.rules import Aggregation
from usage.directory import Directory
from usage.envelope import Draft
from usage.operations.ingest.placing import Bucket, Held, Placed, Stale

# Below this a round trip costs more than ON CONFLICT does.
_OPTIMISTIC_FROM = 20

_COPY_KEYS = "COPY usage_eventkey (key, fingerprint, occurred_at, receipt_id) FROM STDIN"
_COPY_EVENTS = """
    COPY usage_event (key, occurred_at, resource_id, receipt_id, type_id, source_id, event_id,
                      quantity, data) FROM STDIN
"""
_COPY_HELD = """
    COPY usage_quarantinedevent (key, source_id, event_id, type, subject, occurred_at, quantity,
                                 data, reason, detail, receipt_id, received_at, state, decided_by,
                                 decided_reason) FROM STDIN
"""
_INSERT_KEYS = """
    INSERT INTO usage_eventkey (key, fingerprint, occurred_at, receipt_id)
    SELECT key, fingerprint, occurred_at, %s
    FROM unnest(%s::uuid[], %s::uuid[], %s::timestamptz[]) AS new(key, fingerprint, occurred_at)
    ORDER BY key
    ON CONFLICT (key) DO NOTHING
    RETURNING replace(key::text, '-', '')
"""
_KNOWN_KEYS = """
    SELECT replace(known.key::text, '-', ''), replace(known.fingerprint::text, '-', ''),
           receipt.received_at
    FROM usage_eventkey AS known JOIN usage_receipt AS receipt ON receipt.id = known.receipt_id
    WHERE known.key = ANY(%s::uuid[])
"""
_FOLD = """
    INSERT INTO usage_usageday AS kept
        (day, account_id, resource_id, meter_id, dimension_set_id, quantity, event_count, moment,
         is_carried)
    SELECT * FROM unnest(%s::date[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
                         %s::numeric[], %s::bigint[], %s::numeric[], %s::bool[])
    ON CONFLICT (day, account_id, resource_id, meter_id, dimension_set_id) DO UPDATE
    SET quantity = {combined}, event_count = kept.event_count + excluded.event_count,
        moment = kept.moment + excluded.moment
"""
_COMBINED = {
    Aggregation.MIN: "least(kept.quantity, excluded.quantity)",
    Aggregation.MAX: "greatest(kept.quantity, excluded.quantity)",
}
_ADDED = "kept.quantity + excluded.quantity"
_MARK_STALE = """
    INSERT INTO usage_staleusage (account_id, resource_id, meter_id, day_from, day_until, marked_at)
    SELECT account_id, resource_id, meter_id, day, day + 1, %s
    FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::date[])
         AS stale(account_id, resource_id, meter_id, day)
    ON CONFLICT (account_id, resource_id, meter_id, day_from, day_until) DO NOTHING
"""
_INSERT_CONFLICT = """
    INSERT INTO usage_eventconflict (key, source_id, event_id, kept_fingerprint, fingerprint,
                                     content, occurred_at, receipt_id, received_at)
    VALUES (%s, %s, %s, %s, %s,
            jsonb_build_object('type', %s::text, 'subject', %s::text, 'quantity', %s::text,
                               'data', coalesce(%s::jsonb, '{}')),
            %s, %s, %s)
    ON CONFLICT (key, fingerprint) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Known:
    """What is kept of an event that was received before."""

    fingerprint: str
    received_at: datetime


def next_receipt_id() -> int:
    """The id the receipt of this request will have."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('usage_receipt', 'id'))")
        return int(cursor.fetchone()[0])


def write_keys(drafts: Sequence[Draft], receipt_id: int) -> dict[str, Known]:
    """Store the identities, which must be sorted by key and distinct; return those known before.

    Waits for a concurrent transaction that stores one of them, and then sees what it stored.
    """
    if len(drafts) >= _OPTIMISTIC_FROM:
        try:
            with transaction(), connection.cursor() as cursor, cursor.copy(_COPY_KEYS) as copy:
                copy.write(
                    "".join(
                        [f"{d.key}\t{d.fingerprint}\t{d.instant}\t{receipt_id}\n" for d in drafts]
                    )
                )
        except psycopg.errors.UniqueViolation:
            pass
        else:
            return {}
    known = _known_keys([draft.key for draft in drafts])
    fresh = [draft for draft in drafts if draft.key not in known]
    if fresh:
        with connection.cursor() as cursor:
            cursor.execute(
                _INSERT_KEYS,
                [
                    receipt_id,
                    _array(draft.key for draft in fresh),
                    _array(draft.fingerprint for draft in fresh),
                    _array(draft.instant for draft in fresh),
                ],
            )
            written = {row[0] for row in cursor.fetchall()}
        raced = [draft.key for draft in fresh if draft.key not in written]
        if raced:
            known |= _known_keys(raced)
    return known


def write_events(
    placed: Sequence[Placed], receipt_ids: Iterable[int], *, known: Directory, at: datetime
) -> None:
    """Store new events with the receipt of each, and add them to the roll-ups or mark what they
    make stale. The accounts' stripes must be held.
    """
    sources, types = known.sources, known.types
    lines = [
        _event_line(each, receipt_id, types[each.draft.type], sources[each.draft.source].id)
        for each, receipt_id in zip(placed, receipt_ids, strict=False)
    ]
    with connection.cursor() as cursor:
        with cursor.copy(_COPY_EVENTS) as copy:
            copy.write("".join(lines))
            folds = _folds(placed, known.dimension_sets)
        for combined, rows in folds.items():
            cursor.execute(_FOLD.format(combined=combined), _columns(rows))
    mark_stale({stale for each in placed for stale in each.stale}, at=at)


def write_held(held: Sequence[Held], receipt_id: int, *, known: Directory, at: datetime) -> None:
    """Store events in quarantine."""
    with connection.cursor() as cursor, cursor.copy(_COPY_HELD) as copy:
        for each in held:
            draft = each.draft
            copy.write_row(
                (
                    draft.key,
                    known.sources[draft.source].id,
                    draft.id,
                    draft.type,
                    draft.subject,
                    draft.occurred_at,
                    draft.quantity,
                    draft.data_text,
                    each.reason.value,
                    each.detail,
                    receipt_id,
                    at,
                    "held",
                    "",
                    "",
                )
            )


def write_conflict(
    draft: Draft, kept_fingerprint: str, *, source_id: int, receipt_id: int, at: datetime
) -> None:
    """Keep what was sent under the identity of another event."""
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT_CONFLICT,
            [
                draft.key,
                source_id,
                draft.id,
                kept_fingerprint,
                draft.fingerprint,
                draft.type,
                draft.subject,
                draft.quantity if draft.quantity is None else format(draft.quantity, "f"),
                draft.data_text,
                draft.occurred_at,
                receipt_id,
                at,
            ],
        )


def mark_stale(stale: Collection[Stale], *, at: datetime) -> None:
    """Mark days of meters to be built again. The accounts' stripes must be held."""
    if stale:
        rows = sorted(stale)
        with connection.cursor() as cursor:
            cursor.execute(
                _MARK_STALE,
                [
                    at,
                    _array(row.account_id for row in rows),
                    _array(row.resource_id for row in rows),
                    _array(row.meter_id for row in rows),
                    _array(row.day for row in rows),
                ],
            )


def _known_keys(keys: Sequence[str]) -> dict[str, Known]:
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN_KEYS, [_array(keys)])
        return {key: Known(fingerprint, at) for key, fingerprint, at in cursor.fetchall()}


def _event_line(placed: Placed, receipt_id: int, type_id: int, source_id: int) -> str:
    draft = placed.draft
    data = "\\N" if draft.data_text is None else draft.data_text.replace("\\", "\\\\")
    quantity = "\\N" if draft.quantity is None else draft.quantity
    return (
        f"{draft.key}\t{draft.instant}\t{placed.resource_id}\t{receipt_id}\t{type_id}\t"
        f"{source_id}\t{draft.id}\t{quantity}\t{data}\n"
    )


_Row = tuple[Any, ...]


def _folds(placed: Sequence[Placed], dimension_sets: dict[str, int]) -> dict[str, list[_Row]]:
    """The roll-up rows to add, sorted, by how they combine with what is there."""
    sums: dict[str, dict[Bucket, list[Any]]] = {}
    with exactly():
        for each in placed:
            for bucket, aggregation, quantity, moment, is_carried in each.additions:
                group = sums.setdefault(_COMBINED.get(aggregation, _ADDED), {})
                kept = group.get(bucket)
                if kept is None:
                    group[bucket] = [quantity, 1, moment, is_carried]
                else:
                    kept[0] = _combine(aggregation, kept[0], quantity)
                    kept[1] += 1
                    kept[2] = None if moment is None else kept[2] + moment
    return {combined: _sorted_rows(group, dimension_sets) for combined, group in sums.items()}


def _sorted_rows(group: dict[Bucket, list[Any]], dimension_sets: dict[str, int]) -> list[_Row]:
    rows = [
        (*bucket[:4], dimension_sets[bucket.dimensions], *kept) for bucket, kept in group.items()
    ]
    return sorted(rows, key=_bucket_key)


def _bucket_key(row: _Row) -> _Row:
    return row[:5]


def _combine(aggregation: Aggregation, kept: Decimal, quantity: Decimal) -> Decimal:
    if aggregation is Aggregation.MIN:
        return min(kept, quantity)
    if aggregation is Aggregation.MAX:
        return max(kept, quantity)
    return kept + quantity


def _columns(rows: Sequence[_Row]) -> list[str]:
    return [
        _array("NULL" if value is None else value for value in column)
        for column in zip(*rows, strict=True)
    ]


def _array(values: Iterable[object]) -> str:
    """A PostgreSQL array literal of values that need no quoting: numbers, dates, uuids."""
    return "{" + ",".join([str(value) for value in values]) + "}"
