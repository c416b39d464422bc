"""Lists of approvals as files: proposals, mandates and their draws, deputies, emergencies."""

from __future__ import annotations

from typing import Final

from console.shell.sheets import Sheet

ROWS_MOST: Final = 100_000
"""Of a list without pages; more people and envelopes than a company has."""

PROPOSALS: Final = Sheet(
    "proposals",
    {
        "id": "proposal.public_id",
        "what": "title",
        "kind": "proposal.kind",
        "account_id": "proposal.account.public_id",
        "account": "proposal.account.name",
        "currency": "amount.currency",
        "amount": "amount",
        "state": "state",
        "outcome": "outcome",
        "put_forward_by": "proposal.maker",
        "put_forward_at": "proposal.put_forward_at",
        "expires_at": "proposal.expires_at",
        "ticket": "proposal.ticket",
    },
)
MANDATES: Final = Sheet(
    "mandates",
    {
        "id": "mandate.public_id",
        "mandate": "mandate.title",
        "state": "state",
        "currency": "mandate.currency",
        "in_all": "mandate.total",
        "given": "drawn",
        "left": "left",
        "draws": "draw_count",
        "to_look_at": "waiting",
        "until_before": "mandate.ends_at",
    },
)
DRAWS: Final = Sheet(
    "draws",
    {
        "id": "public_id",
        "case": "ticket",
        "account_id": "account.public_id",
        "account": "account.name",
        "currency": "amount.currency",
        "amount": "amount",
        "given_by": "drawn_by",
        "given_at": "drawn_at",
        "reason": "reason",
    },
)
DEPUTIES: Final = Sheet(
    "deputies",
    {
        "id": "delegation.public_id",
        "deputy": "delegation.deputy",
        "in_the_name_of": "delegation.of",
        "from": "delegation.valid_from",
        "until_before": "delegation.valid_until",
        "in_force": "is_now",
        "reason": "delegation.reason",
    },
)
EMERGENCIES: Final = Sheet(
    "emergencies",
    {
        "proposal": "proposal.public_id",
        "what": "title",
        "account_id": "proposal.account.public_id",
        "account": "proposal.account.name",
        "currency": "amount.currency",
        "amount": "amount",
        "taken_by": "emergency.taken_by",
        "taken_at": "emergency.taken_at",
        "reason": "emergency.reason",
    },
)
