"""Decide a proposal: one conditional lock on its state, the seal that was seen and its expiry.

Of those who decide at once one wins. The last approval that is needed carries it out in the same
transaction, by the code that previewed it, and only where it comes to the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Q

from accounts.models import User
from approvals.authority import require_may_approve, require_may_refuse
from approvals.kinds import effect_of, kind_of
from approvals.models import Decision, Proposal, ProposalExecution
from approvals.operations.executing import carry_out
from approvals.operations.versions import (
    hold_policy,
    present_version,
    require_readable,
    tell,
)
from approvals.policy import NotForThisRole
from approvals.queries.differences import effect_differences
from approvals.queries.standing import decider_of, standing_of
from core.actor import require_said
from core.db.stamps import ChangedSince
from core.db.transactions import transaction, transaction_required
from core.errors import Conflict, DomainError

_ASK: Final = "Say why."


class AlreadyDecided(Conflict):
    """Somebody has decided, or the maker took it back."""

    code = "already_decided"
    title = "This was decided already"


class ProposalExpired(Conflict):
    """Nobody decided in time."""

    code = "proposal_expired"
    title = "The proposal has expired"


class NotYours(NotForThisRole):
    """Only who put it forward may take it back."""

    code = "proposal_not_yours"
    title = "Somebody else put this forward"


def approve(
    *,
    proposal: Proposal,
    seen: str,
    by: User,
    at: datetime,
    reason: str = "",
    confirmed_at: datetime | None = None,
) -> ProposalExecution | None:
    """Let it happen, as the seal `seen` says; the last approval that is needed carries it out.

    `confirmed_at` is when the person last said who they are; None where a token did.

    None where others must approve too. Else the execution says what came of it: executed; changed,
    then the proposal is open again as a new version; nothing left or refused, then it can be tried
    again. Nothing was done unless executed.

    Raises: OwnProposal, NotForThisRole, AboveLimit, VotedAlready, AlreadyDecided, ProposalExpired,
    ChangedSince.
    """
    kind_of(proposal.kind).bring_up_to_date(present_version(proposal).payload, at=at)
    with transaction():
        hold_policy(proposal.kind)
        # Of what one person lets happen in a day, one after the other.
        User.objects.select_for_update(of=("self",), no_key=True).get(pk=by.pk)
        locked = claim(proposal, seen=seen, at=at)
        authority = require_may_approve(standing_of(locked), decider_of(by, at=at))
        said = _SpokenVote(
            Decision.Vote.APPROVE, by, at, reason, authority.in_name_of, confirmed_at=confirmed_at
        )
        _say(locked, said, level=authority.level.number)
        if standing_of(locked).waits_for is not None:
            tell("proposal.approved_in_part", locked, at=at)
            return None
        end(locked, Proposal.State.APPROVED, by=by, at=at)
        return carry_out(locked, by=by, at=at)


def reject(*, proposal: Proposal, seen: str, by: User, at: datetime, reason: str) -> Proposal:
    """Turn it down. Raises: as approve, ReasonMissing."""
    return _refuse(proposal, Decision.Vote.REJECT, seen=seen, by=by, at=at, reason=reason)


def give_back(*, proposal: Proposal, seen: str, by: User, at: datetime, reason: str) -> Proposal:
    """Return it to its maker with a question; put forward again, it is a new version.

    Raises: as reject.
    """
    return _refuse(proposal, Decision.Vote.RETURN, seen=seen, by=by, at=at, reason=reason)


def withdraw(*, proposal: Proposal, seen: str, by: User, at: datetime, reason: str) -> Proposal:
    """Take one's own back, open or returned.

    Raises: NotYours, AlreadyDecided, ProposalExpired, ChangedSince, ReasonMissing.
    """
    require_said(reason, _ASK)
    with transaction():
        if proposal.maker_id != by.pk:
            raise NotYours(f"{proposal.maker} put {proposal} forward.", proposal=proposal.public_id)
        returned = Q(state=Proposal.State.RETURNED)
        locked = claim(proposal, seen=seen, at=at, besides=returned)
        _say(locked, _SpokenVote(Decision.Vote.WITHDRAW, by, at, reason))
        return end(locked, Proposal.State.WITHDRAWN, by=by, at=at)


def expire_due(*, at: datetime) -> int:
    """Write down of open proposals that their time is over; how many. They were over before."""
    with transaction():
        due = Proposal.objects.filter(state=Proposal.State.OPEN, expires_at__lte=at)
        return due.update(state=Proposal.State.EXPIRED)


_REFUSALS: Final = {
    Decision.Vote.REJECT: Proposal.State.REJECTED,
    Decision.Vote.RETURN: Proposal.State.RETURNED,
}


def _refuse(
    proposal: Proposal, vote: Decision.Vote, *, seen: str, by: User, at: datetime, reason: str
) -> Proposal:
    require_said(reason, _ASK)
    with transaction():
        locked = claim(proposal, seen=seen, at=at)
        name = require_may_refuse(standing_of(locked), decider_of(by, at=at))
        _say(locked, _SpokenVote(vote, by, at, reason, name))
        return end(locked, _REFUSALS[vote], by=by, at=at)


@transaction_required()
def claim(proposal: Proposal, *, seen: str, at: datetime, besides: Q | None = None) -> Proposal:
    """One conditional lock decides between those who decide at once: state, seal and expiry.

    Whoever waited finds the row as the first one left it. Raises: what `why_not` says.
    """
    live = Q(state=Proposal.State.OPEN, expires_at__gt=at)
    rows = Proposal.objects.select_related("account", "maker", "decided_by")
    claimed = (
        rows.select_for_update(of=("self",), no_key=True)
        .filter(live | besides if besides is not None else live, pk=proposal.pk, seal=seen)
        .first()
    )
    if claimed is None:
        raise why_not(rows.get(pk=proposal.pk), seen, at)
    return claimed


@dataclass(frozen=True, slots=True)
class _SpokenVote:
    vote: Decision.Vote
    by: User
    at: datetime
    reason: str
    in_name_of: User | None = None
    confirmed_at: datetime | None = None


@transaction_required()
def _say(proposal: Proposal, said: _SpokenVote, *, level: int = 0) -> None:
    require_readable({"reason": said.reason})
    Decision.objects.create(
        proposal=proposal,
        version=proposal.version,
        vote=said.vote,
        level=level,
        seal_seen=proposal.seal,
        person=said.by,
        in_name_of=said.in_name_of,
        decided_at=said.at,
        confirmed_at=said.confirmed_at,
        reason=said.reason,
    )


@transaction_required()
def end(proposal: Proposal, state: Proposal.State, *, by: User, at: datetime) -> Proposal:
    """Write down what was decided."""
    proposal.state, proposal.decided_by, proposal.decided_at = state, by, at
    proposal.save(update_fields=["state", "decided_by", "decided_at"])
    tell(f"proposal.{state}", proposal, at=at)
    return proposal


def why_not(present: Proposal, seen: str, at: datetime) -> DomainError:
    if present.state == Proposal.State.EXPIRED or (
        present.state == Proposal.State.OPEN and present.expires_at <= at
    ):
        return ProposalExpired(
            f"{present} expired at {present.expires_at:%Y-%m-%d %H:%M} UTC. It was not done; "
            "put it forward again.",
            proposal=present.public_id,
        )
    if present.state != Proposal.State.OPEN:
        who = f" by {present.decided_by}" if present.decided_by else ""
        when = f" at {present.decided_at:%Y-%m-%d %H:%M} UTC" if present.decided_at else ""
        return AlreadyDecided(
            f"{present} was {present.get_state_display().lower()}{who}{when}.",
            proposal=present.public_id,
        )
    before = present.versions.filter(seal=seen).first()
    return ChangedSince(
        stamp=present.seal,
        differences=effect_differences(
            effect_of(before.effect) if before else None, effect_of(present_version(present).effect)
        ),
    )
