"""Proposals as two colleagues make and decide them, over the books of a customer."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from accounts.models import User
from accounts.permissions import Role
from approvals.kinds import ProposedEffect
from approvals.models import Proposal, ProposalExecution
from approvals.operations import deciding, putting_forward
from approvals.operations.putting_forward import Wish
from billing.invoicing.models import Invoice
from tests.billing.receivables.books import Books
from tests.cast import person
from tests.story import WHY

REASONS = {
    "credit_note": "billing_error",
    "refund": "overpaid",
    "recovery": "paid_after_all",
    "settlement_reversal": "by_mistake",
    "write_off": "uncollectible",
    "adjustment": "billing_error",
    "grant": "promotion",
}


@dataclass
class Desk:
    """Sena puts forward, Farid decides, at the instant of the books."""

    books: Books
    people: dict[str, User] = field(default_factory=dict)

    @cached_property
    def sena(self) -> User:
        return person("sena", Role.SENIOR_SUPPORT)

    @cached_property
    def farid(self) -> User:
        return person("farid", Role.FINANCE_APPROVER)

    @cached_property
    def nora(self) -> User:
        return person("nora", Role.FINANCE_APPROVER)

    @cached_property
    def ulf(self) -> User:
        return person("ulf", Role.FINANCE_ADMIN)

    def wish(self, kind: str, *, reason_code: str = "", **payload: Any) -> Wish:
        code = reason_code or REASONS.get(kind, "billing_error")
        return Wish(kind, _named(payload), code, WHY, ticket="T-1")

    def looks_at(self, kind: str, *, by: User | None = None, **payload: Any) -> ProposedEffect:
        wish = self.wish(kind, **payload)
        return putting_forward.look_at(wish=wish, by=by or self.sena, at=self.books.at)

    def proposes(
        self, kind: str, *, by: User | None = None, replaces: Proposal | None = None, **payload: Any
    ) -> Proposal:
        wish = self.wish(kind, **payload)
        return putting_forward.put_forward(
            wish=wish, by=by or self.sena, at=self.books.at, replaces=replaces
        )

    def approves(
        self, proposal: Proposal, *, by: User | None = None, seen: str = ""
    ) -> ProposalExecution:
        """The only approval that is needed, or the last."""
        made = self.votes(proposal, by=by, seen=seen)
        assert made is not None
        return made

    def votes(
        self, proposal: Proposal, *, by: User | None = None, seen: str = ""
    ) -> ProposalExecution | None:
        """One approval."""
        return deciding.approve(
            proposal=proposal, seen=seen or proposal.seal, by=by or self.farid, at=self.books.at
        )

    def rejects(self, proposal: Proposal, *, by: User | None = None) -> Proposal:
        return deciding.reject(
            proposal=proposal, seen=proposal.seal, by=by or self.farid, at=self.books.at, reason=WHY
        )

    def withdraws(self, proposal: Proposal, *, by: User | None = None) -> Proposal:
        return deciding.withdraw(
            proposal=proposal, seen=proposal.seal, by=by or self.sena, at=self.books.at, reason=WHY
        )

    def does(self, kind: str, **payload: Any) -> ProposalExecution:
        """Both steps at once."""
        return self.approves(self.proposes(kind, **payload))


def _named(payload: dict[str, Any]) -> dict[str, Any]:
    return {name: getattr(value, "public_id", value) for name, value in payload.items()}


def credits(invoice: Invoice, charge: str, amount: str) -> dict[str, Any]:
    """The payload of a credit of one charge."""
    return {"invoice": invoice, "lines": [{"charge": charge, "amount": amount}]}
