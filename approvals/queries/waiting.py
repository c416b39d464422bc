"""Proposals that wait for one person: to be decided by them, or to be answered by who asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from accounts.permissions import Permission
from approvals.authority import ProposalStanding, require_may_approve
from approvals.models import Decision, Proposal
from approvals.queries.proposals import ProposalRow, open_for, row_of
from approvals.queries.standing import decider_of, standings
from core.errors import DomainError

LOOKED_AT = 100
"""Open proposals that are looked at for one person: those that expire first."""


@dataclass(frozen=True, slots=True)
class WaitingProposal:
    """A proposal and why it waits for a person; `why_not` where they carry its permission and may
    not all the same, such as for a limit. `question` is what it was returned with.
    """

    row: ProposalRow
    why_not: str = ""
    question: str = ""
    is_again: bool = False
    """Whether the person said a word on an older version of it."""


def to_decide(person: User, *, at: datetime, most: int) -> list[WaitingProposal]:
    """The open proposals that this person's roles may decide, those that expire first; seven
    queries, one where nothing is open.
    """
    rows = open_for(person, at=at, most=LOOKED_AT)
    if not rows:
        return []
    decider, standing = decider_of(person, at=at), standings([row.proposal for row in rows])
    found = []
    for row in rows:
        how = standing[row.proposal.pk]
        deciders = (decider, *decider.names)
        if not any(each.carries(asked) for asked in _asked_now(how) for each in deciders):
            continue
        is_again = any(vote.decision.person_id == person.pk for vote in how.votes)
        try:
            require_may_approve(how, decider)
        except DomainError as problem:
            found.append(WaitingProposal(row, why_not=problem.message, is_again=is_again))
        else:
            found.append(WaitingProposal(row, is_again=is_again))
        if len(found) == most:
            break
    return found


def returned_to(person: User, *, at: datetime, most: int) -> list[WaitingProposal]:
    """What was sent back to its maker with a question, the oldest first; two queries."""
    rows = Proposal.objects.filter(maker=person, state=Proposal.State.RETURNED)
    found = list(
        rows.select_related("account", "maker", "decided_by").order_by("decided_at", "pk")[:most]
    )
    if not found:
        return []
    said = Decision.objects.filter(
        proposal__in=[each.pk for each in found], vote=Decision.Vote.RETURN
    ).order_by("proposal", "-decided_at")
    questions = dict(said.distinct("proposal").values_list("proposal", "reason"))
    return [
        WaitingProposal(row_of(each, at), question=questions.get(each.pk, "")) for each in found
    ]


def _asked_now(standing: ProposalStanding) -> Sequence[Permission]:
    waits = standing.waits_for
    return [waits.level.permission] if waits else []
