"""The list of simulations as a file."""

from __future__ import annotations

from typing import Final

from console.shell.sheets import Sheet, sums

SIMULATIONS: Final = Sheet(
    "simulations",
    {
        "id": "public_id",
        "asked_at": "started_at",
        "asked_by": "started_by",
        "question": "kind_label",
        "version": "version",
        "state": "state",
        "reason": "reason",
        "accounts": "outcome.account_count",
        "accounts_that_differ": "outcome.affected_account_count",
        "difference": sums(
            lambda row: [each.delta for each in row.outcome.totals] if row.outcome else []
        ),
    },
)
