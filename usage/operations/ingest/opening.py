"""How a booking begins and what it leaves behind: locks and a last look, and its receipt.

Owns the receipt's row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from core.actor import Actor
from core.db.together import Statement, execute_together
from usage import stripes
from usage.directory import Directory, Outdated
from usage.models import Backfill
from usage.operations.ingest.keys import KEYS_SAVEPOINT

_NUMBER = "SELECT nextval('usage_receipt_id_seq')"
_RECEIPT = """
    INSERT INTO usage_receipt (id, request_id, partner_id, backfill_id, actor_name, received_at,
                               sent_count, accepted_count, duplicate_count, conflict_count,
                               quarantined_count, rejected_count)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


def open_booking(known: Directory, account_ids: Iterable[int]) -> int:
    """Lock the accounts' stripes, make sure nothing looked up has changed, reserve a receipt.

    Returns the id the receipt will have. The look has a snapshot of its own, so it comes after the
    locks. Sets the savepoint that usage.operations.ingest.keys may return to.
    Raises: Outdated, NoTransaction.
    """
    _, changes, number, _ = execute_together(
        stripes.sharing(account_ids), known.change_query(), (_NUMBER, ()), (KEYS_SAVEPOINT, ())
    )
    if known.take_changes(changes):
        raise Outdated
    assert number is not None  # a sequence always has a next value
    return int(number[0])


@dataclass(frozen=True, slots=True)
class Origin:
    """Who sent a request, for whom, and under which backfill."""

    by: Actor
    request_id: str
    partner_id: int | None
    backfill: Backfill | None


def receipt_of(
    receipt_id: int, counts: Mapping[str, int], origin: Origin, at: datetime
) -> Statement:
    """What stores that a request came; `counts` are its verdicts by outcome."""
    return _RECEIPT, (
        receipt_id,
        origin.request_id,
        origin.partner_id,
        origin.backfill and origin.backfill.pk,
        origin.by.name,
        at,
        sum(counts.values()),
        counts["accepted"],
        counts["duplicate"],
        counts["conflict"],
        counts["quarantined"],
        counts["rejected"],
    )
