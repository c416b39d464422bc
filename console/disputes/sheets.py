"""Lists of disputes as files: cases, incidents, batches of credits."""

from __future__ import annotations

from typing import Final

from console.shell.sheets import Sheet, sums

CASES: Final = Sheet(
    "disputes",
    {
        "id": "case.public_id",
        "number": "case.number",
        "ticket": "case.ticket",
        "account_id": "case.account.public_id",
        "account": "case.account.name",
        "channel": "case.channel",
        "priority": "case.priority",
        "state": "state",
        "at_stake": sums(lambda row: row.claimed),
        "owner": "case.owner",
        "opened_at": "case.opened_at",
        "opened_by": "case.opened_by",
    },
)
INCIDENTS: Final = Sheet(
    "incidents",
    {
        "id": "incident.public_id",
        "incident": "incident.title",
        "from": "incident.down_from",
        "until": "incident.down_until",
        "meters": "incident.meter_codes",
        "state": "state",
    },
)
BATCHES: Final = Sheet(
    "credit-batches",
    {
        "id": "batch.public_id",
        "cause": "batch.cause",
        "lines": "progress.lines",
        "comes_to_with_tax": sums(lambda row: [each.gross for each in row.sums]),
        "waiting": "progress.waiting",
        "put_forward": "progress.put_forward",
        "settled": "progress.settled",
        "drafted_at": "batch.drafted_at",
        "drafted_by": "batch.drafted_by",
    },
)
