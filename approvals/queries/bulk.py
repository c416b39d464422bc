"""Which of many proposals a person may approve, and why not the others; nothing is decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from accounts.models import User
from approvals.authority import Decider, ProposalStanding, require_may_approve
from approvals.models import Proposal
from approvals.queries.proposals import ProposalRow, row_of, state_at
from approvals.queries.standing import decider_of, standings
from core.errors import DomainError
from core.money import Money, sums_by_currency


@dataclass(frozen=True, slots=True)
class BulkRow:
    """One of them as it is now. `code` and `why` say why it is not theirs; empty where it is."""

    row: ProposalRow
    seal: str
    code: str = ""
    why: str = ""

    @property
    def is_theirs(self) -> bool:
        """Whether it would be approved."""
        return not self.code


@dataclass(frozen=True, slots=True)
class BulkPlan:
    """All that were chosen, the rows that would be approved first."""

    rows: Sequence[BulkRow] = field(default_factory=tuple)

    @property
    def theirs(self) -> Sequence[BulkRow]:
        """What would be approved."""
        return [each for each in self.rows if each.is_theirs]

    @property
    def others(self) -> Sequence[BulkRow]:
        """What would not."""
        return [each for each in self.rows if not each.is_theirs]

    @property
    def sums(self) -> list[Money]:
        """What would be approved, by currency."""
        return sums_by_currency(
            each.row.amount for each in self.theirs if each.row.amount is not None
        )


def bulk_plan(seen: Mapping[str, str], *, by: User, at: datetime) -> BulkPlan:
    """What approving these would do, by public id and the seal that was seen; ten queries.

    A limit of a day is counted over the rows in their order.
    """
    rows = Proposal.objects.select_related("account", "maker", "decided_by").filter(
        public_id__in=list(seen)
    )
    found = sorted(rows, key=lambda each: (each.expires_at, each.pk))
    decider, known = decider_of(by, at=at), standings(found)
    planned = []
    for proposal in found:
        one = _planned(proposal, known[proposal.pk], decider, seen[proposal.public_id], at)
        if one.is_theirs and proposal.amount is not None:
            decider = _having_let(decider, proposal.amount)
        planned.append(one)
    return BulkPlan(sorted(planned, key=lambda each: not each.is_theirs))


def _planned(
    proposal: Proposal, standing: ProposalStanding, decider: Decider, seal: str, at: datetime
) -> BulkRow:
    row, state = row_of(proposal, at), state_at(proposal, at)
    if state == Proposal.State.EXPIRED:
        return BulkRow(row, seal, "proposal_expired", "It expired and was not done.")
    if state != Proposal.State.OPEN:
        said = proposal.get_state_display().lower()
        return BulkRow(row, seal, "already_decided", f"It was {said}.")
    if seal != proposal.seal:
        return BulkRow(row, seal, "changed_since", "It is another version by now: look at it.")
    try:
        require_may_approve(standing, decider)
    except DomainError as refused:
        return BulkRow(row, seal, refused.code, refused.message)
    return BulkRow(row, seal)


def _having_let(decider: Decider, amount: Money) -> Decider:
    let = dict(decider.let_today)
    let[amount.currency] = let.get(amount.currency, Decimal(0)) + amount.amount
    return replace(decider, let_today=let)
