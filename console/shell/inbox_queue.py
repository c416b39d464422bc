"""What waits for one person, of all kinds in one list, oldest first: whose, how much, what next.

Nothing is approved from the list, because nobody has seen there what it does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.urls import reverse

from accounts.models import Account, Disclosure, PutOff, User
from accounts.permissions import Permission, permitted
from accounts.queries.desks import put_off_now
from accounts.queries.disclosures import disclosures_waiting_for
from accounts.queries.proposed_roles import ProposedRole, waiting_for
from approvals.queries.debts import open_debts
from approvals.queries.waiting import WaitingProposal, returned_to, to_decide
from billing.disputes.queries.cases import CaseRow, CaseState, waiting
from billing.disputes.queries.clocks import PromiseStanding, clocks_of
from core.money import Money

MOST: Final = 20
"""Of each kind."""


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One thing that waits. `tone` is late or soon; `take` is where a form takes a dispute.

    `why_not` says why this person cannot do it themselves, where they may look.
    """

    kind: str
    icon: str
    title: str
    url: str
    since: datetime
    verb: str
    next_step: str
    account: Account | None = None
    amounts: Sequence[Money] = ()
    due_at: datetime | None = None
    tone: str = ""
    note: str = ""
    take: str = ""
    why_not: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class InboxQueue:
    """The rows, oldest first, and what is at stake in them, by currency; those that the person put
    off stand apart, each with its word.
    """

    rows: Sequence[QueueRow]
    at_stake: Sequence[Money]
    put_off: Sequence[tuple[QueueRow, PutOff]] = ()

    def row_about(self, about: str) -> QueueRow | None:
        """The row about this, put off or not."""
        every = [*self.rows, *(row for row, _ in self.put_off)]
        return next((row for row in every if about and row.about == about), None)


def queue_of(user: User, *, at: datetime) -> InboxQueue:
    """Everything that waits for this person; a fixed number of queries."""
    rows = [
        *_proposals(to_decide(user, at=at, most=MOST), "Proposal to decide"),
        *_proposals(returned_to(user, at=at, most=MOST), "Proposal returned to you"),
        *_debts(user),
        *map(_role, waiting_for(user)),
        *map(_disclosure, disclosures_waiting_for(user)),
        *_disputes(user, at),
    ]
    rows.sort(key=lambda row: row.since)
    off = put_off_now(user, at=at)
    here = [row for row in rows if row.about not in off]
    away = [(row, off[row.about]) for row in rows if row.about in off]
    return InboxQueue(here, _sums(here), away)


def _proposals(waiting: Iterable[WaitingProposal], kind: str) -> Iterable[QueueRow]:
    for each in waiting:
        proposal, amount = each.row.proposal, each.row.amount
        is_returned = bool(each.question)
        asked = f"answer {proposal.decided_by}" if is_returned else "read what it does, then decide"
        yield QueueRow(
            kind=f"{kind} again" if each.is_again else kind,
            icon="corner-down-left" if is_returned else "circle-dot",
            title=each.row.title,
            url=reverse("console:proposal", args=[proposal.public_id]),
            since=(proposal.decided_at if is_returned else None) or proposal.put_forward_at,
            verb="Answer" if is_returned else "Review",
            next_step=asked,
            account=proposal.account,
            amounts=[amount] if amount is not None else (),
            due_at=None if is_returned else proposal.expires_at,
            note=f"“{each.question}”" if is_returned else f"put forward by {proposal.maker}",
            why_not=each.why_not,
            about=proposal.public_id,
        )


def _debts(user: User) -> Iterable[QueueRow]:
    """What others had done alone, for whoever may approve something."""
    if not any(permitted(user, each) for each in Permission if each.value.endswith(".approve")):
        return
    for each in open_debts(most=MOST):
        amount, emergency = each.amount, each.emergency
        yield QueueRow(
            kind="Emergency to clear",
            icon="triangle-alert",
            title=each.title,
            url=reverse("console:proposal", args=[each.proposal.public_id]),
            since=emergency.taken_at,
            verb="Review",
            next_step="undo it" if each.is_ordered else "approve it afterwards, or have it undone",
            account=each.proposal.account,
            amounts=[amount] if amount is not None else (),
            note=f"{emergency.taken_by}: {emergency.reason}",
            why_not="You did it, or put it forward." if each.is_of(user) else "",
            about=emergency.public_id,
        )


def _role(each: ProposedRole) -> QueueRow:
    return QueueRow(
        kind="Proposed role",
        icon="user",
        title=f"{each.person}: {each.role}",
        url=reverse("admin:accounts_rolegrant_change", args=[each.id]),
        since=each.since,
        verb="Review",
        next_step="approve or refuse",
        note=f"{each.proposed_by}: {each.reason}",
        about=f"role {each.id}",
    )


def _disclosure(each: Disclosure) -> QueueRow:
    return QueueRow(
        kind="Personal data asked for",
        icon="lock",
        title=f"{each.person} asks",
        url=reverse("console:disclosure", args=[each.public_id]),
        since=each.asked_at,
        verb="Review",
        next_step="allow or refuse",
        account=each.account,
        note=each.reason,
        about=each.public_id,
    )


def _disputes(user: User, at: datetime) -> Iterable[QueueRow]:
    """Those of nobody and one's own, for whoever handles disputes."""
    if not permitted(user, Permission.DISPUTE_HANDLE):
        return
    rows = [row for row in waiting(most=MOST) if row.case.owner_id in (None, user.pk)]
    clocks = clocks_of([row.case for row in rows], at=at) if rows else {}
    for row in rows:
        yield _dispute(row, _running(clocks.get(row.case.pk, ())), at)


def _running(clocks: Sequence[PromiseStanding]) -> PromiseStanding | None:
    """The promise that ends next."""
    return next((each for each in clocks if each.met_at is None and each.due_at), None)


def _dispute(row: CaseRow, clock: PromiseStanding | None, at: datetime) -> QueueRow:
    url = reverse("console:dispute", args=[row.case.public_id])
    due, tone, asked = None, "", "close it" if row.state is CaseState.DECIDED else "look into it"
    if clock is not None and clock.due_at is not None:
        due, asked = clock.due_at, f"{clock.label.lower()} due"
        is_soon = clock.left * 4 <= clock.target
        tone = "late" if due <= at else "soon" if is_soon else ""
    return QueueRow(
        kind="Dispute" if row.case.owner_id else "Dispute, not assigned",
        icon="scale",
        title=row.case.number,
        url=url,
        since=row.case.opened_at,
        verb="Open",
        next_step=asked,
        account=row.case.account,
        amounts=row.claimed,
        due_at=due,
        tone=tone,
        take="" if row.case.owner_id else url,
        about=row.case.public_id,
    )


def _sums(rows: Iterable[QueueRow]) -> list[Money]:
    sums: dict[str, Money] = {}
    for row in rows:
        for each in row.amounts:
            sums[each.currency] = sums.get(each.currency, Money.zero(each.currency)) + each
    return list(sums.values())
