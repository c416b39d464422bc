"""Lists of accounts as files: invoices, resources and timeline of one, and disclosures."""

from __future__ import annotations

from typing import Final

from billing.overview.queries.history import Entry
from console.shell.sheets import Sheet

INVOICES: Final = Sheet(
    "invoices",
    {
        "number": "ref",
        "id": "public_id",
        "kind": "kind",
        "state": "state",
        "period_from": "period.start",
        "period_until": "period.end",
        "zone": "zone",
        "currency": "total.currency",
        "total": "total",
        "issued_at": "issued_at",
        "due_on": "due_on",
    },
)
RESOURCES: Final = Sheet(
    "resources",
    {
        "id": "resource.public_id",
        "name": "resource.name",
        "kind": "resource.kind",
        "part_of": "resource.parent",
        "platform_id": "resource.platform_id",
        "owned_since": "since",
        "owned_until": "until",
    },
)


def _changes(entry: Entry) -> str:
    return "; ".join(f"{each.field}: {each.old} → {each.new}" for each in entry.changes)


TIMELINE: Final = Sheet(
    "timeline",
    {
        "at": "entry.at",
        "about": "kind",
        "what": "entry.what",
        "who": "entry.who",
        "reason": "entry.reason",
        "changes": lambda row: _changes(row.entry),
        "currency": "entry.amount.currency",
        "amount": "entry.amount",
        "request": "entry.request_id",
    },
)
DISCLOSURES: Final = Sheet(
    "personal-data-shown",
    {
        "id": "public_id",
        "asked_at": "asked_at",
        "who": "person",
        "account_id": "account.public_id",
        "account": "account.name",
        "reason": "reason",
        "state": "state",
        "decided_by": "decided_by",
        "shown_until": "shown_until",
    },
)
