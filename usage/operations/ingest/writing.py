"""How judged events are stored: raw rows, roll-ups folded, stale marks, quarantine, conflicts.

Owns the SQL of ingest but for identities (keys), roll-ups (folding) and receipts (opening).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import connection

from core.db.arrays import array, bigints, instants, jsonbs, texts, uuids
from core.db.bulk_rows import copy_rows
from core.db.one_round_trip import SqlStatement, execute_together
from core.db.pipelining import Send
from usage.envelope import ReceivedEvent
from usage.models import QuarantinedEvent, QuarantineState
from usage.operations.ingest.folding import folds_of
from usage.operations.ingest.placing import HeldEvent, Placed, Stale
from usage.reference_cache import Directory

# Fewer receipts or sequences than events are filled up with nulls.
_EVENTS = """
    INSERT INTO usage_event (key, occurred_at, resource_id, receipt_id, type_id, source_id,
                             position, sequence, event_id, quantity, data)
    SELECT key, occurred_at, resource_id,
           coalesce(receipt_id, (SELECT currval('usage_receipt_id_seq'))), type_id, source_id,
           position, coalesce(sequence, ''), event_id, quantity, data
    FROM unnest(%s::uuid[], %s::timestamptz[], %s::bigint[], %s::bigint[], %s::bigint[],
                %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::numeric[], %s::jsonb[])
         AS new(key, occurred_at, resource_id, receipt_id, type_id, source_id, position, sequence,
                event_id, quantity, data)
"""
_HELD = (
    "key", "source_id", "event_id", "type", "subject", "occurred_at", "quantity", "data", "reason",
    "detail", "receipt_id", "position", "sequence", "received_at", "state", "decided_by",
    "decided_reason",
)  # fmt: skip
_INSERT_CONTEXTS = """
    INSERT INTO usage_eventcontext (key, attributes)
    SELECT key, attributes::jsonb FROM unnest(%s::uuid[], %s::text[]) AS new(key, attributes)
"""
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
                               'data', coalesce(%s::jsonb, '{}'))
                || jsonb_strip_nulls(jsonb_build_object('sequence', nullif(%s::text, ''))),
            %s, %s, %s)
    ON CONFLICT (key, fingerprint) DO NOTHING
"""


def send_events(
    send: Send,
    placed: Sequence[Placed],
    receipt_ids: Sequence[int] = (),
    *,
    known: Directory,
    at: datetime,
) -> None:
    """Store new events, add them to the roll-ups and mark what they make stale. The accounts'
    stripes must be held. Without `receipt_ids`, one for each, they are of the receipt at hand.
    """
    if not placed:
        return
    drafts, sources, types = [each.draft for each in placed], known.sources, known.types
    sequences = [draft.sequence for draft in drafts]
    send(
        _EVENTS,
        (
            uuids([draft.key for draft in drafts]),
            instants([draft.occurred_at for draft in drafts]),
            bigints([each.resource_id for each in placed]),
            bigints(receipt_ids),
            bigints([types[draft.type] for draft in drafts]),
            bigints([sources[draft.source].id for draft in drafts]),
            bigints([draft.position for draft in drafts]),
            texts(sequences if any(sequences) else ()),
            texts([draft.id for draft in drafts]),
            array([draft.quantity for draft in drafts]),
            jsonbs([draft.data_text for draft in drafts]),
        ),
    )
    for statement in folds_of(placed, known.dimension_sets):
        send(*statement)
    stale = {stale for each in placed if each.stale for stale in each.stale}
    if stale:
        send(*_marking(stale, at))


def write_held(
    held: Sequence[HeldEvent], receipt_id: int, *, known: Directory, at: datetime
) -> None:
    """Store events in quarantine."""
    copy_rows(QuarantinedEvent, _HELD, [_held(each, receipt_id, known, at) for each in held])


def _held(each: HeldEvent, receipt_id: int, known: Directory, at: datetime) -> tuple[object, ...]:
    draft = each.draft
    return (
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
        draft.position,
        draft.sequence,
        at,
        QuarantineState.HELD.value,
        "",
        "",
    )


def write_conflict(
    draft: ReceivedEvent, kept_fingerprint: str, *, source_id: int, receipt_id: int, at: datetime
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
                draft.sequence.strip(),
                draft.occurred_at,
                receipt_id,
                at,
            ],
        )


def write_contexts(drafts: Sequence[ReceivedEvent]) -> None:
    """Keep the extension attributes of new events that have any."""
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT_CONTEXTS,
            [[draft.key for draft in drafts], [draft.extensions for draft in drafts]],
        )


def mark_stale(stale: Collection[Stale], *, at: datetime) -> None:
    """Mark days of meters to be built again. The accounts' stripes must be held."""
    if stale:
        execute_together(_marking(stale, at))


def _marking(stale: Collection[Stale], at: datetime) -> SqlStatement:
    rows = sorted(stale)
    return _MARK_STALE, (
        at,
        array([row.account_id for row in rows]),
        array([row.resource_id for row in rows]),
        array([row.meter_id for row in rows]),
        array([row.day for row in rows]),
    )
