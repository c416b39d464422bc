"""Lists of runs as files: bill runs, what is parked, parallel runs, imports of other systems."""

from __future__ import annotations

from typing import Final

from console.shell.sheets import Sheet

RUNS: Final = Sheet(
    "bill-runs",
    {
        "id": "public_id",
        "state": "state",
        "as_of": "as_of",
        "started_at": "started_at",
        "started_by": "started_by",
        "finished_at": "finished_at",
        "issues": "issues",
        "accounts": "item_count",
        "settled": "settled_count",
        "parked": "parked_count",
        "reason": "reason",
    },
)
PARKED: Final = Sheet(
    "parked-accounts",
    {
        "run": "run",
        "account_id": "account.public_id",
        "account": "account.name",
        "period_from": "period.start",
        "period_until": "period.end",
        "zone": "zone",
        "code": "code",
        "reason": "reason",
        "since": "since",
    },
)
PARALLEL: Final = Sheet(
    "parallel-runs",
    {
        "id": "public_id",
        "file": "file_name",
        "ran_at": "ran_at",
        "ran_by": "ran_by",
        "passed": "has_passed",
        "verdict": "verdict",
    },
)
COMPARED_ROWS: Final = Sheet(
    "compared-rows",
    {
        "row": "row_number",
        "account_id": "account.public_id",
        "account": "account.name",
        "sku": "sku",
        "what": "description",
        "currency": "currency",
        "expected": "expected",
        "ours": "ours",
        "difference": "difference",
        "why": "reason",
        "detail": "detail",
        "fate": "fate",
    },
)
COMPARED_SKUS: Final = Sheet(
    "compared-skus",
    {
        "sku": "sku",
        "what": "description",
        "account_id": "account.public_id",
        "account": "account.name",
        "rows": "row_count",
        "list_price": "list_price",
        "currency": "currency",
        "expected": "expected",
        "ours": "ours",
        "difference": "difference",
        "why": "reasons",
    },
)
IMPORTS: Final = Sheet(
    "imports",
    {
        "id": "public_id",
        "system": "system",
        "imported_at": "imported_at",
        "imported_by": "imported_by",
        "reason": "reason",
        "files": lambda row: [each["name"] for each in row.files],
    },
)
LEGACY_INVOICES: Final = Sheet(
    "imported-invoices",
    {
        "id": "public_id",
        "number": "number",
        "their_id": "foreign_id",
        "account_id": "account.public_id",
        "account": "account.name",
        "state": "state",
        "issued_on": "issued_on",
        "period_from": "period_from",
        "period_until": "period_until",
        "currency": "currency",
        "charged": "charged",
        "open": "open",
    },
)
