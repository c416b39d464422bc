"""May this person say this word on this proposal, and if not, why; asked at every door.

Nobody decides what they put forward; one person approves one level of a version; and the roles and
limits are those that are held now. Pure: what is held and was said is read before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from accounts.models import Role, User
from accounts.permissions import ROLE_PERMISSIONS, OwnProposal, Permission
from approvals.models import Decision, Proposal, ProposalVersion
from approvals.policy import (
    AboveLimit,
    ApprovalLevel,
    ApprovalRule,
    NotForThisRole,
    Policy,
    is_within,
)
from core.errors import Conflict
from core.money import Money


class VotedAlready(Conflict):
    """The person approved another level of the same version."""

    code = "voted_already"
    title = "Another person decides this level"


@dataclass(frozen=True, slots=True)
class Decider:
    """A person with the roles held now, and what they let happen today by currency."""

    person: User
    roles: frozenset[Role]
    let_today: Mapping[str, Decimal] = field(default_factory=dict)
    names: Sequence[Decider] = ()
    """Those whose deputy the person is now."""

    def carries(self, permission: Permission) -> bool:
        """Whether one of the roles carries it."""
        return any(permission in ROLE_PERMISSIONS[role] for role in self.roles)


@dataclass(frozen=True, slots=True)
class Authority:
    """The level an approval is for, and in whose name; None is one's own."""

    level: LevelStanding
    in_name_of: User | None = None


@dataclass(frozen=True, slots=True)
class Vote:
    """A word on a proposal, what its version came to, and why it does not count any more."""

    decision: Decision
    amount: Money | None
    is_of_present: bool
    why_not: str = ""

    @property
    def counts(self) -> bool:
        """Whether it is one of the approvals that are needed."""
        is_approval = self.decision.vote == Decision.Vote.APPROVE
        return is_approval and self.is_of_present and not self.why_not


@dataclass(frozen=True, slots=True)
class LevelStanding:
    """One level of the policy and the votes that count for it; `number` begins with 1."""

    number: int
    level: ApprovalLevel
    votes: Sequence[Vote]

    @property
    def is_full(self) -> bool:
        """Whether as many people approved as it asks for."""
        return len(self.votes) >= self.level.persons


@dataclass(frozen=True, slots=True)
class ProposalStanding:
    """How far deciding is: the present version, its row of the policy, the words that were said."""

    proposal: Proposal
    version: ProposalVersion
    rule: ApprovalRule
    policy: Policy
    votes: Sequence[Vote]

    @property
    def levels(self) -> Sequence[LevelStanding]:
        """The levels in their order."""
        return [
            LevelStanding(
                number,
                level,
                [vote for vote in self.votes if vote.counts and vote.decision.level == number],
            )
            for number, level in enumerate(self.rule.levels, start=1)
        ]

    @property
    def waits_for(self) -> LevelStanding | None:
        """The first level that is not full; None where all are."""
        return next((each for each in self.levels if not each.is_full), None)

    @property
    def let_by(self) -> frozenset[int]:
        """Who approved the present version or had it approved in their name, counting or not."""
        return frozenset(
            key
            for vote in self.votes
            if vote.is_of_present and vote.decision.vote == Decision.Vote.APPROVE
            for key in (vote.decision.person_id, vote.decision.in_name_of_id)
            if key is not None
        )


def require_may_approve(standing: ProposalStanding, decider: Decider) -> Authority:
    """The level the person's approval would be for, and in whose name where not in their own.

    A deputy lets happen what both might: the one in whose name, and the person.

    Raises: OwnProposal, VotedAlready, NotForThisRole, AboveLimit.
    """
    _require_of_another(standing, decider)
    waits = standing.waits_for
    assert waits is not None  # an open proposal waits for somebody
    if decider.person.pk in standing.let_by:
        raise VotedAlready(
            f"You approved this version; another {_spoken(waits.level)} decides level "
            f"{waits.number}."
        )
    amount = standing.proposal.amount
    if decider.carries(waits.level.permission):
        why = above_limit(standing.policy, decider, amount)
        if why:
            raise AboveLimit(why)
        return Authority(waits)
    refused: NotForThisRole = NotForThisRole(f"This needs the role {_spoken(waits.level)}.")
    for name in _names(standing, decider):
        if not name.carries(waits.level.permission):
            continue
        above = [above_limit(standing.policy, each, amount) for each in (name, decider)]
        if not any(above):
            return Authority(waits, name.person)
        refused = AboveLimit(f"In the name of {name.person}: {above[0] or above[1]}")
    raise refused


def require_may_refuse(standing: ProposalStanding, decider: Decider) -> User | None:
    """Whether the person may reject or return it, and in whose name; None is in their own.

    Raises: OwnProposal, NotForThisRole.
    """
    _require_of_another(standing, decider)
    if _decides(standing, decider):
        return None
    for name in _names(standing, decider):
        if _decides(standing, name):
            return name.person
    spoken = " or ".join(dict.fromkeys(map(_spoken, standing.rule.levels)))
    raise NotForThisRole(f"This needs the role {spoken}.")


def require_may_act_in_emergency(standing: ProposalStanding, decider: Decider) -> None:
    """Whether the person could approve it at one of its levels, whatever the limit.

    Raises: OwnProposal, NotForThisRole.
    """
    _require_of_another(standing, decider)
    if not _decides(standing, decider):
        spoken = " or ".join(dict.fromkeys(map(_spoken, standing.rule.levels)))
        raise NotForThisRole(f"This needs the role {spoken}.")


def above_limit(policy: Policy, decider: Decider, amount: Money | None) -> str:
    """Why an amount is more than the person may let happen; empty where it is not."""
    if amount is None:
        return ""
    today = Money(decider.let_today.get(amount.currency, Decimal(0)), amount.currency)
    for limit in policy.limits_of(decider.person.public_id, decider.roles):
        if limit.per_item is not None and not is_within(amount, limit.per_item):
            most = Money(limit.per_item.get(amount.currency, Decimal(0)), amount.currency)
            return f"{amount} is above your limit of {most} for one."
        if limit.per_day is not None and not is_within(today + amount, limit.per_day):
            most = Money(limit.per_day.get(amount.currency, Decimal(0)), amount.currency)
            return f"{amount} after {today} today is above your limit of {most} a day."
    return ""


def _decides(standing: ProposalStanding, decider: Decider) -> bool:
    return any(decider.carries(permission) for permission in standing.rule.permissions)


def _names(standing: ProposalStanding, decider: Decider) -> Sequence[Decider]:
    """Those in whose name the person may decide: neither the maker nor who approved already."""
    taken = {standing.proposal.maker_id, *standing.let_by}
    return [name for name in decider.names if name.person.pk not in taken]


def _require_of_another(standing: ProposalStanding, decider: Decider) -> None:
    if standing.proposal.maker_id == decider.person.pk:
        raise OwnProposal(f"You put {standing.proposal} forward; another person must decide.")


def _spoken(level: ApprovalLevel) -> str:
    return " or ".join(role.spoken for role in level.roles)
