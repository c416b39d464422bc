"""What may be put forward about an issued invoice now, and why the rest may not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.models import User
from accounts.permissions import roles_with
from approvals.policy import proposing
from billing.receivables.queries.invoice_money import InvoiceMoney
from console.approvals.forms import FORMS
from console.shell.access import may_any
from console.shell.permission_text import listed


@dataclass(frozen=True, slots=True)
class ProposableAction:
    """One form; `why_not` is empty where it is open."""

    wanted: str
    label: str
    why_not: str = ""


def proposable(standing: InvoiceMoney, person: User) -> Sequence[ProposableAction]:
    """By the state of the invoice and the roles of the person; asks nothing of the database."""
    item = standing.item
    is_open, is_settled = bool(item.open_minor), bool(standing.settled)
    lost = bool(item.written_off_minor)
    void = "The invoice is void and takes nothing more." if item.is_void else ""
    found = [
        ("credit-note", "Credit note", void),
        ("name", "Correct the name", void),
        ("adjustment", "Adjust the next", void),
        ("write-off", "Write off", void or ("" if is_open else "Nothing is open.")),
        ("refund", "Refund", "" if is_settled or item.is_void else "Nothing was paid."),
        ("void", "Void", void),
        ("void-and-reissue", "Void and reissue", void),
    ]
    if lost:
        found += [("recovery", "Recovery", ""), ("write-off-taken-back", "Take write-off back", "")]
    return [
        ProposableAction(wanted, label, why or _roles_missing(wanted, person))
        for wanted, label, why in found
    ]


def _roles_missing(wanted: str, person: User) -> str:
    asks = tuple(proposing(FORMS[wanted].kind))
    if may_any(person, asks):
        return ""
    roles = {role.spoken for each in asks for role in roles_with(each)}
    return f"Put forward by {listed(sorted(roles))}."
