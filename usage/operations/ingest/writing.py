"""How judged events are stored: raw rows by COPY, roll-ups folded, quarantine, conflicts, receipt.

Owns the SQL of ingest but for identities (keys) and roll-ups (folding). Text for the server is made
apart from sending it, so that the one can be done while the server works on something else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from core.db.arrays import array
from core.db.together import Statement, execute_together
from usage.directory import Directory
from usage.envelope import Draft
from usage.operations.ingest.folding import Folds, fold_statements, folds_of
from usage.operations.ingest.placing import Held, Placed, Stale

_COPY_EVENTS = """
    COPY usage_event (key, occurred_at, resource_id, receipt_id, type_id, source_id, event_id,
                      quantity, data) FROM STDIN
"""
_COPY_HELD = """
    COPY usage_quarantinedevent (key, source_id, event_id, type, subject, occurred_at, quantity,
                                 data, reason, detail, receipt_id, received_at, state, decided_by,
                                 decided_reason) FROM STDIN
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
                               'data', coalesce(%s::jsonb, '{}')),
            %s, %s, %s)
    ON CONFLICT (key, fingerprint) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Booking:
    """Placed events as the server takes them: rows as text, what they add, what they make stale."""

    rows: str
    folds: Folds
    stale: Collection[Stale]


def booking_of(
    placed: Sequence[Placed], receipt_ids: Iterable[int], *, known: Directory
) -> Booking:
    """Ready to be written with the receipt of each. Touches no database."""
    sources, types = known.sources, known.types
    lines = []
    for each, receipt_id in zip(placed, receipt_ids, strict=False):
        draft = each.draft
        data = "\\N" if draft.data_text is None else draft.data_text.replace("\\", "\\\\")
        quantity = "\\N" if draft.quantity is None else draft.quantity
        lines.append(
            f"{draft.key}\t{draft.instant}\t{each.resource_id}\t{receipt_id}\t"
            f"{types[draft.type]}\t{sources[draft.source].id}\t{draft.id}\t{quantity}\t{data}\n"
        )
    stale = {stale for each in placed if each.stale for stale in each.stale}
    return Booking("".join(lines), folds_of(placed, known.dimension_sets), stale)


def write_events(booking: Booking, *statements: Statement, at: datetime) -> None:
    """Store new events, add them to the roll-ups and mark what they make stale. The accounts'
    stripes must be held. Further `statements` are executed along with the last ones.
    """
    with connection.cursor() as cursor, cursor.copy(_COPY_EVENTS) as copy:
        copy.write(booking.rows)
    last = [*fold_statements(booking.folds), *statements]
    if last:
        execute_together(*last)
    mark_stale(booking.stale, at=at)


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
                    array([row.account_id for row in rows]),
                    array([row.resource_id for row in rows]),
                    array([row.meter_id for row in rows]),
                    array([row.day for row in rows]),
                ],
            )
