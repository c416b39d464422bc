"""Versions of the approval policy as finance writes them, over the house's own rows."""

from __future__ import annotations

from typing import Any

from approvals.models import ApprovalPolicy
from approvals.operations import deciding, putting_forward
from approvals.operations.putting_forward import Wish
from approvals.policy import HOUSE_POLICY
from approvals.policy_document import policy_document
from tests.billing.receivables.proposing import Desk
from tests.story import WHY

APPROVE = {"permission": "credit.approve"}


def row(*levels: dict[str, Any], kind: str = "write_off", **more: Any) -> dict[str, Any]:
    """A row about one kind that larger credits have, approved by these levels."""
    return {
        "kinds": [kind],
        "propose": "credit.propose",
        "levels": list(levels) or [APPROVE],
    } | more


def document(*rows: dict[str, Any], limits: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """The house's own policy with rows before its rows, and limits."""
    house = policy_document(HOUSE_POLICY)
    return house | {"rules": [*rows, *house["rules"]], "limits": limits or []}


def publishes(
    desk: Desk, *rows: dict[str, Any], limits: list[dict[str, Any]] | None = None
) -> ApprovalPolicy:
    """Ulf of finance puts a policy forward, Nora approves it."""
    wish = Wish("approval_policy", document(*rows, limits=limits), "control", WHY)
    proposal = putting_forward.put_forward(wish=wish, by=desk.ulf, at=desk.books.at)
    deciding.approve(proposal=proposal, seen=proposal.seal, by=desk.nora, at=desk.books.at)
    return ApprovalPolicy.objects.order_by("-number")[0]
