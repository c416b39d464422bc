"""What may be put forward about an issued invoice now, and why the rest may not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from accounts.models import User
from accounts.permissions import roles_with
from approvals.policy import Policy
from approvals.queries.policies import present_policy
from billing.receivables.queries.invoice_money import InvoiceMoney
from billing.receivables.queries.next_actions import InvoiceLife, NextAction
from console.approvals.forms import FORMS
from console.shell.access import may_any
from console.shell.permission_text import listed


@dataclass(frozen=True, slots=True)
class ProposableAction:
    """One form; `why_not` is empty where it is open."""

    wanted: str
    label: str
    why_not: str = ""


_ACTION_OF: Final = {
    "credit-note": "credit",
    "write-off": "write_off",
    "void": "void",
    "void-and-reissue": "void",
    "recovery": "recover",
    "write-off-taken-back": "recover",
}
"""The next action of an invoice that a form puts forward; the other forms are no next actions."""


def proposable(
    life: InvoiceLife, standing: InvoiceMoney, person: User
) -> Sequence[ProposableAction]:
    """By the next actions of the invoice and the roles of the person; one query.

    Recovery is offered only where something was written off.
    """
    void = "It is void." if standing.item.is_void else ""
    unpaid = "" if standing.settled or standing.item.is_void else "Nothing was paid."
    reasons = {action.code: action.why_not for action in life.actions}
    of_others = {
        "name": void,
        "adjustment": void,
        "refund": unpaid,
    }
    found, policy = [], present_policy()
    for wanted, label in _LABELS.items():
        code = _ACTION_OF.get(wanted)
        why = of_others[wanted] if code is None else reasons[code]
        if not (code == "recover" and why):
            why = why or _roles_missing(wanted, person, policy)
            found.append(ProposableAction(wanted, label, why))
    return found


def not_proposed(life: InvoiceLife) -> Sequence[NextAction]:
    """The next actions that no form puts forward: they are done elsewhere."""
    return [each for each in life.actions if each.code not in _ACTION_OF.values()]


_LABELS: Final = {
    "credit-note": "Credit note",
    "name": "Correct the name",
    "adjustment": "Adjust the next",
    "write-off": "Write off",
    "refund": "Refund",
    "void": "Void",
    "void-and-reissue": "Void and reissue",
    "recovery": "Recovery",
    "write-off-taken-back": "Take write-off back",
}


def _roles_missing(wanted: str, person: User, policy: Policy) -> str:
    asks = tuple(policy.proposing(FORMS[wanted].kind))
    if may_any(person, asks):
        return ""
    roles = {role.spoken for each in asks for role in roles_with(each)}
    return f"Put forward by {listed(sorted(roles))}."
