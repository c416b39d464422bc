"""Decide a proposal: one conditional update on its state, the seal that was seen and its expiry.

Of those who decide at once one wins. An approval carries it out in the same transaction, by the
code that previewed it, and only where it comes to the same.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from accounts.models import User
from accounts.operations.roles import OwnProposal
from approvals.kinds import effect_of, kind_of
from approvals.models import Decision, Proposal, ProposalExecution
from approvals.operations.executing import carry_out
from approvals.operations.versions import present_version, require_any, require_readable, tell
from approvals.policy import NotForThisRole, rule_for
from approvals.queries.differences import effect_differences
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
    *, proposal: Proposal, seen: str, by: User, at: datetime, reason: str = ""
) -> ProposalExecution:
    """Let it happen, as the seal `seen` says, and carry it out.

    The execution says what came of it: executed; changed, then the proposal is open again as a new
    version; nothing left or refused, then it can be tried again. Nothing was done unless executed.

    Raises: OwnProposal, NotForThisRole, AlreadyDecided, ProposalExpired, ChangedSince.
    """
    kind_of(proposal.kind).bring_up_to_date(present_version(proposal).payload, at=at)
    with transaction():
        locked = _decide(proposal, Decision.Vote.APPROVE, seen=seen, by=by, at=at, reason=reason)
        return carry_out(locked, by=by, at=at)


def reject(*, proposal: Proposal, seen: str, by: User, at: datetime, reason: str) -> Proposal:
    """Turn it down. Raises: as approve, ReasonMissing."""
    require_said(reason, _ASK)
    with transaction():
        return _decide(proposal, Decision.Vote.REJECT, seen=seen, by=by, at=at, reason=reason)


def withdraw(*, proposal: Proposal, seen: str, by: User, at: datetime, reason: str) -> Proposal:
    """Take one's own back. Raises: NotYours, AlreadyDecided, ProposalExpired, ReasonMissing."""
    require_said(reason, _ASK)
    with transaction():
        return _decide(proposal, Decision.Vote.WITHDRAW, seen=seen, by=by, at=at, reason=reason)


def expire_due(*, at: datetime) -> int:
    """Write down of open proposals that their time is over; how many. They were over before."""
    with transaction():
        due = Proposal.objects.filter(state=Proposal.State.OPEN, expires_at__lte=at)
        return due.update(state=Proposal.State.EXPIRED)


_STATES: Final = {
    Decision.Vote.APPROVE: Proposal.State.APPROVED,
    Decision.Vote.REJECT: Proposal.State.REJECTED,
    Decision.Vote.WITHDRAW: Proposal.State.WITHDRAWN,
}


@transaction_required()
def _decide(
    proposal: Proposal, vote: Decision.Vote, *, seen: str, by: User, at: datetime, reason: str
) -> Proposal:
    """One conditional update decides between those who decide at once."""
    known = Proposal.objects.get(pk=proposal.pk)
    is_own = known.maker_id == by.pk
    if vote == Decision.Vote.WITHDRAW:
        if not is_own:
            raise NotYours(f"{known.maker} put {known} forward.", proposal=known.public_id)
    elif is_own:
        raise OwnProposal(f"You put {known} forward; another person must decide.")
    else:
        require_any(by, rule_for(known.kind, known.reason_code, known.amount).approve)
    claimed = Proposal.objects.filter(
        pk=known.pk, state=Proposal.State.OPEN, seal=seen, expires_at__gt=at
    ).update(state=_STATES[vote], decided_by=by, decided_at=at)
    present = Proposal.objects.select_related("decided_by", "maker").get(pk=known.pk)
    if not claimed:
        raise why_not(present, seen, at)
    require_readable({"reason": reason})
    Decision.objects.create(
        proposal=present,
        version=present.version,
        vote=vote,
        seal_seen=seen,
        person=by,
        decided_at=at,
        reason=reason,
    )
    tell(f"proposal.{_STATES[vote]}", present, at=at)
    return present


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
