"""Lists of contracts as files: licences, their movements, quotes, grants and limits."""

from __future__ import annotations

from typing import Any, Final

from console.shell.sheets import Sheet


def _pools(row: Any) -> str:
    return "; ".join(f"{pool.name}: {pool.percent} % of {pool.granted}" for pool in row.pools)


def _told(row: Any) -> str:
    return "; ".join(f"{mark.mark}" for mark in row.marks)


LICENCES: Final = Sheet(
    "licences",
    {
        "id": "license.public_id",
        "number": "license.number",
        "licence": "license.name",
        "account_id": "license.account.public_id",
        "account": "license.account.name",
        "state": "standing",
        "currency": "license.currency",
        "starts_at": "license.starts_at",
        "ends_at": "license.ends_at",
        "notice_by": "license.renewal_notice_on",
        "drawn": _pools,
    },
)
MOVEMENTS: Final = Sheet(
    "movements",
    {
        "id": "movement.public_id",
        "written_at": "movement.recorded_at",
        "movement": "movement.kind",
        "pool": "movement.bucket.commitment.name",
        "window_from": "movement.bucket.window_from",
        "account": "movement.account.name",
        "resource": "movement.resource.name",
        "document": "movement.document",
        "units": "movement.units",
        "left": "left",
        "undoes": "movement.reverses.public_id",
        "reason": "movement.reason",
        "written_by": "movement.recorded_by",
    },
)
QUOTES: Final = Sheet(
    "quotes",
    {
        "id": "public_id",
        "number": "number",
        "version": "version",
        "account_id": "account.public_id",
        "account": "account.name",
        "made_at": "made_at",
        "made_by": "made_by",
        "holds_until": "valid_until",
        "reason": "reason",
    },
)
GRANTS: Final = Sheet(
    "grants",
    {
        "id": "grant.public_id",
        "grant": "grant.name",
        "kind": "grant.kind",
        "state": "state",
        "currency": "grant.currency",
        "granted": "amount_text",
        "left": "left_text",
        "priority": "grant.priority",
        "from": "grant.effective_from",
        "until_before": "grant.expires_at",
        "reason": "grant.reason",
    },
)
LIMITS: Final = Sheet(
    "limits",
    {
        "id": "limit.public_id",
        "account_id": "limit.account.public_id",
        "account": "limit.account.name",
        "resource": "limit.resource.name",
        "stops": "limit.stops",
        "state": "state",
        "currency": "limit.currency",
        "amount": "limit.amount",
        "spent": "spent",
        "as_of": "looked_at",
        "told_at_percent": _told,
        "from": "limit.valid_from",
        "until_before": "limit.valid_until",
        "set_by": "limit.set_by",
        "reason": "limit.reason",
    },
)
