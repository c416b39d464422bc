"""Records of an account that people keep: itself, profile, payer, plans, resources, invoices.

What was added stands at the instant from which it counts, not at that of its import.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from billing.overview.queries.history import (
    ACCOUNT,
    INVOICE,
    OWNERSHIP,
    PAYER,
    PROFILE,
    SUBSCRIPTION,
    TERMS,
    Entry,
    TrackedKind,
    tracked_entries,
)
from billing.overview.queries.timeline.sources import TimelineKind, TimelineSource


def _tracked(
    name: str,
    kind: TrackedKind,
    mine: str,
    begins: str,
    about: TimelineKind = TimelineKind.RECORDS,
) -> TimelineSource:
    """A tracked model; `begins` is the column that says from when a row counts."""
    known = (
        f"CASE WHEN history_type = '+' AND history_date <= %(entered)s"
        f" THEN least(coalesce({begins}, history_date), history_date) ELSE history_date END"
    )
    rows = (
        f"SELECT CASE history_type WHEN '+' THEN coalesce({begins}, history_date)"  # noqa: S608  constants
        f" ELSE history_date END AS at, history_id AS ref, {known} AS known"
        f" FROM {kind.history_table} WHERE {mine} = %(account)s"
    )

    def read(refs: Sequence[int]) -> Mapping[int, Entry]:
        return tracked_entries(kind, refs)

    return TimelineSource(name, about, rows, read)


RECORDS: Final = (
    _tracked("account", ACCOUNT, "id", "opened_at"),
    _tracked("invoice", INVOICE, "account_id", "issued_at", TimelineKind.INVOICES),
    _tracked("ownership", OWNERSHIP, "account_id", "owned_from"),
    _tracked("payer", PAYER, "account_id", "paid_from"),
    _tracked("profile", PROFILE, "account_id", "valid_from"),
    _tracked("terms", TERMS, "account_id", "history_date"),
    _tracked("subscription", SUBSCRIPTION, "account_id", "started_at"),
)
