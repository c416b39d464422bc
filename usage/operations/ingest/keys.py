"""Who was here before: identities are stored first, because they decide what is new.

Owns the key table. Rows go in sorted by key, so that two batches with the same events in different
order wait for each other and never deadlock.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection
from msgspec import Struct

from core.db.arrays import array, instants, uuids
from core.db.one_round_trip import SqlStatement, execute_together
from usage.envelope import ReceivedEvent

SAVEPOINT = "SAVEPOINT usage_keys"
"""Set before the statement of `all_new`; nobody releases it: the end of the transaction does."""
_RETURN = "ROLLBACK TO SAVEPOINT usage_keys"
_ALL = """
    INSERT INTO usage_eventkey (key, fingerprint, occurred_at, receipt_id)
    SELECT key, fingerprint, occurred_at, (SELECT currval('usage_receipt_id_seq'))
    FROM unnest(%s::uuid[], %s::uuid[], %s::timestamptz[]) AS new(key, fingerprint, occurred_at)
"""
_NEW = """
    INSERT INTO usage_eventkey (key, fingerprint, occurred_at, receipt_id)
    SELECT key, fingerprint, occurred_at, currval('usage_receipt_id_seq')
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


def all_new(drafts: Sequence[ReceivedEvent]) -> SqlStatement:
    """What stores the identities under the receipt at hand, in the hope that all of them are new:
    fails where one is not. They must be sorted by key and distinct.

    Waits for a concurrent transaction that stores one of them, and fails once that has committed.
    """
    return _ALL, (
        uuids([draft.key for draft in drafts]),
        uuids([draft.fingerprint for draft in drafts]),
        instants([draft.occurred_at for draft in drafts]),
    )


def write_new(drafts: Sequence[ReceivedEvent]) -> dict[str, Known]:
    """After `all_new` failed: store those that are new, return the others.

    They are looked up first: a batch that failed is most often sent again whole.
    """
    execute_together((_RETURN, ()))
    known = _known_keys(drafts)
    rest = [draft for draft in drafts if draft.key not in known]
    raced = _insert(rest) if rest else []
    return known | _known_keys(raced) if raced else known


def _insert(drafts: Sequence[ReceivedEvent]) -> list[ReceivedEvent]:
    """Store those that are new; returns the others."""
    with connection.cursor() as cursor:
        cursor.execute(
            _NEW,
            [
                array([draft.key for draft in drafts]),
                array([draft.fingerprint for draft in drafts]),
                array([draft.instant for draft in drafts]),
            ],
        )
        written = {row[0] for row in cursor.fetchall()}
    return [draft for draft in drafts if draft.key not in written]


def _known_keys(drafts: Sequence[ReceivedEvent]) -> dict[str, Known]:
    with connection.cursor() as cursor:
        keys, fingerprints = [d.key for d in drafts], [d.fingerprint for d in drafts]
        cursor.execute(_KNOWN, [array(keys), array(fingerprints)])
        return {
            keys[position - 1]: Known(other or fingerprints[position - 1], received_at)
            for received_at, other, positions in cursor.fetchall()
            for position in positions
        }
