"""Lists of usage as files: events, held events, late usage, sources, back-fills."""

from __future__ import annotations

from typing import Any, Final

from console.shell.sheets import Sheet


def _fate(row: Any) -> str:
    return "voided" if row.is_voided else "corrected" if row.is_amended else "counts"


EVENTS: Final = Sheet(
    "events",
    {
        "key": "key",
        "event_id": "event_id",
        "source": "source",
        "type": "type",
        "occurred_at": lambda row: row.occurred_at.isoformat(),
        "resource_id": "resource_id",
        "platform_id": "platform_id",
        "quantity": "quantity",
        "says": "data",
        "fate": _fate,
    },
)
HELD: Final = Sheet(
    "held-events",
    {
        "key": "key",
        "event_id": "event_id",
        "source": "source",
        "type": "type",
        "subject": "subject",
        "occurred_at": lambda row: row.occurred_at.isoformat(),
        "received_at": "received_at",
        "quantity": "quantity",
        "says": "data",
        "reason": "reason",
        "detail": "detail",
    },
)
HELD_COUNTS: Final = Sheet(
    "held-events",
    {"reason": "words", "what_helps": "fix", "oldest": "oldest", "events": "count"},
)
"""For those who see how much there is, and not whose."""
_OF_INVOICE: Final = {
    "invoice": "invoice.ref",
    "account_id": "invoice.account.public_id",
    "account": "invoice.account.name",
    "period_from": "invoice.period.start",
    "period_until": "invoice.period.end",
    "currency": "amount.currency",
    "amount": "amount",
}


def _arrived(row: Any) -> str:
    return "; ".join(line.description for line in row.lines)


LATE_OPEN: Final = Sheet(
    "late-usage", {**_OF_INVOICE, "what_arrived": _arrived, "problem": "problem"}
)
LATE_DECIDED: Final = Sheet(
    "late-usage",
    {
        **_OF_INVOICE,
        "fate": "fate",
        "decided_at": "decided_at",
        "decided_by": "decided_by",
        "billed_on": "billed_on",
        "reason": "reason",
    },
)
SOURCES: Final = Sheet(
    "sources",
    {
        "id": "public_id",
        "source": "name",
        "partner": "partner",
        "complete_through": "complete_through",
        "said_at": "reported_at",
        "bills_wait": "is_required",
        "of_meters": "meters",
    },
)
BACKFILLS: Final = Sheet(
    "backfills",
    {
        "id": "public_id",
        "state": "state",
        "source": "source",
        "of": "subject",
        "events_from": "occurred_from",
        "events_until_before": "occurred_until",
        "replaces": "replaces",
        "opened_at": "opened_at",
        "opened_by": "opened_by",
        "reason": "reason",
    },
)
