"""Lists of webhooks as files: endpoints, and what was sent to one."""

from __future__ import annotations

from typing import Any, Final

from console.shell.sheets import Sheet


def _answer(row: Any) -> object:
    last = next(iter(row.tried_last), None)
    return "" if last is None else last.error if last.status is None else last.status


ENDPOINTS: Final = Sheet(
    "webhooks",
    {
        "id": "endpoint.public_id",
        "address": "endpoint.url",
        "partner": "endpoint.partner",
        "state": "endpoint.state",
        "failing": "is_failing",
        "state_since": "endpoint.state_since",
        "last_answered": "endpoint.health.answered_at",
        "waiting": "waiting",
        "held": "held",
    },
)
DELIVERIES: Final = Sheet(
    "deliveries",
    {
        "id": "public_id",
        "event": "type",
        "of": "subject",
        "queued_at": "queued_at",
        "state": lambda row: row.outcome or row.state,
        "failed_tries": "tries",
        "last_answer": _answer,
    },
)
