"""Who was here before: identities are stored first, because they decide what is new.

Owns the key table. Rows go in sorted by key, so that two batches with the same events in different
order wait for each other and never deadlock.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import psycopg
from django.db import connection
from msgspec import Struct

from core.db.arrays import array
from core.db.together import execute_together
from usage.envelope import Draft

# Below this a round trip costs more than ON CONFLICT does.
_OPTIMISTIC_FROM = 20

KEYS_SAVEPOINT = "SAVEPOINT usage_keys"
"""Set in the round trip before; nobody releases it, for the end of the transaction does."""
_RETURN = "ROLLBACK TO SAVEPOINT usage_keys"
_COPY = "COPY usage_eventkey (key, fingerprint, occurred_at, receipt_id) FROM STDIN"
_INSERT = """
    INSERT INTO usage_eventkey (key, fingerprint, occurred_at, receipt_id)
    SELECT key, fingerprint, occurred_at, %s
    FROM unnest(%s::uuid[], %s::uuid[], %s::timestamptz[]) AS new(key, fingerprint, occurred_at)
    ORDER BY key
    ON CONFLICT (key) DO NOTHING
    RETURNING replace(key::text, '-', '')
"""
# One row for all events of a receipt that say what they said then, one for each that does not.
_KNOWN = """
    SELECT receipt.received_at, replace(other::text, '-', ''), positions
    FROM (
        SELECT known.receipt_id, nullif(known.fingerprint, sent.fingerprint) AS other,
               array_agg(sent.position) AS positions
        FROM unnest(%s::uuid[], %s::uuid[]) WITH ORDINALITY AS sent(key, fingerprint, position)
        JOIN usage_eventkey AS known ON known.key = sent.key
        GROUP BY 1, 2
    ) AS found JOIN usage_receipt AS receipt ON receipt.id = found.receipt_id
"""


class Known(Struct, frozen=True, gc=False):
    """What is kept of an event that was received before."""

    fingerprint: str
    received_at: datetime


def write_keys(
    drafts: Sequence[Draft], receipt_id: int, *, meanwhile: Callable[[], object]
) -> dict[str, Known]:
    """Store the identities, which must be sorted by key and distinct; return those known before.

    Waits for a concurrent transaction that stores one of them, and then sees what it stored. Needs
    KEYS_SAVEPOINT, since the first attempt hopes that all of them are new. `meanwhile` is called
    while the server works, if it does.
    """
    if len(drafts) >= _OPTIMISTIC_FROM:
        tail = f"\t{receipt_id}\n"
        text = "".join([f"{d.key}\t{d.fingerprint}\t{d.instant}{tail}" for d in drafts])
        try:
            with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
                copy.write(text)
                meanwhile()
        except psycopg.errors.UniqueViolation:
            execute_together((_RETURN, ()))
        else:
            return {}
        # Those known are looked up first: a batch that failed is most often sent again whole.
        known = _known_keys(drafts)
        drafts = [draft for draft in drafts if draft.key not in known]
    else:
        known = {}
    if drafts:
        raced = _insert(drafts, receipt_id)
        if raced:
            known |= _known_keys(raced)
    return known


def _insert(drafts: Sequence[Draft], receipt_id: int) -> list[Draft]:
    """Store those that are new; returns the others."""
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            [
                receipt_id,
                array([draft.key for draft in drafts]),
                array([draft.fingerprint for draft in drafts]),
                array([draft.instant for draft in drafts]),
            ],
        )
        written = {row[0] for row in cursor.fetchall()}
    return [draft for draft in drafts if draft.key not in written]


def _known_keys(drafts: Sequence[Draft]) -> dict[str, Known]:
    with connection.cursor() as cursor:
        keys, fingerprints = [d.key for d in drafts], [d.fingerprint for d in drafts]
        cursor.execute(_KNOWN, [array(keys), array(fingerprints)])
        return {
            keys[position - 1]: Known(other or fingerprints[position - 1], received_at)
            for received_at, other, positions in cursor.fetchall()
            for position in positions
        }
