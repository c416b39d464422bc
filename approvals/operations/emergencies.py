"""Have an open proposal done at once by one person, and clear that debt by another.

Whoever could approve it at one of its levels may, whatever the limits and the levels still to come;
never who put it forward. What was done so is a debt until another person approves it afterwards, or
has it undone: every inbox of those who may clear it shows it, and no month closes before.
"""

from __future__ import annotations

from datetime import datetime

from accounts.models import User
from approvals.authority import (
    above_limit,
    require_may_act_in_emergency,
    require_may_refuse,
)
from approvals.kinds import kind_of
from approvals.models import Emergency, EmergencyWord, Proposal, ProposalExecution
from approvals.operations.deciding import claim, end
from approvals.operations.executing import carry_out
from approvals.operations.versions import hold_policy, present_version, require_readable
from approvals.policy import AboveLimit
from approvals.queries.standing import decider_of, standing_of
from core.actor import require_said
from core.db.integrity import constraint_errors
from core.db.transactions import transaction
from core.errors import Conflict, Forbidden, Invalid
from eventing.publish import publish


class EmergencyCleared(Conflict):
    """Somebody cleared it before."""

    code = "emergency_cleared"
    title = "It is cleared already"


class EmergencyOfOnesOwn(Forbidden):
    """Nobody clears what they did or put forward."""

    code = "emergency_of_ones_own"
    title = "Another person must clear it"


class NotAnUndoing(Invalid):
    """The proposal named is not one that was executed afterwards for the same account."""

    code = "emergency_not_undone"
    title = "This did not undo it"


def act(
    *,
    proposal: Proposal,
    seen: str,
    by: User,
    at: datetime,
    reason: str,
    confirmed_at: datetime | None = None,
) -> ProposalExecution:
    """Have it done at once, as the seal `seen` says, without the others who are needed.

    Raises: OwnProposal, NotForThisRole, AlreadyDecided, ProposalExpired, ChangedSince,
    ReasonMissing.
    """
    require_said(reason, "Say why it cannot wait.")
    require_readable({"reason": reason})
    kind_of(proposal.kind).bring_up_to_date(present_version(proposal).payload, at=at)
    with transaction():
        hold_policy(proposal.kind)
        User.objects.select_for_update(of=("self",), no_key=True).get(pk=by.pk)
        locked = claim(proposal, seen=seen, at=at)
        require_may_act_in_emergency(standing_of(locked), decider_of(by, at=at))
        made = Emergency.objects.create(
            proposal=locked,
            version=locked.version,
            seal_seen=locked.seal,
            taken_by=by,
            taken_at=at,
            reason=reason,
            confirmed_at=confirmed_at,
        )
        publish(
            "emergency.taken", subject=made.public_id, payload={"proposal": locked.public_id}, at=at
        )
        end(locked, Proposal.State.APPROVED, by=by, at=at)
        return carry_out(locked, by=by, at=at)


def clear(
    *,
    emergency: Emergency,
    word: EmergencyWord.Word,
    by: User,
    at: datetime,
    reason: str,
    undone_by: Proposal | None = None,
) -> EmergencyWord:
    """Say of what was done that it is right, that it must be undone, or what undid it.

    To say it is right the person must be able to approve so much. It is a debt until it is approved
    or undone; an order to undo it is not the end.

    Raises: EmergencyOfOnesOwn, EmergencyCleared, NotForThisRole, AboveLimit, NotAnUndoing,
    ReasonMissing.
    """
    require_said(reason, "Say why.")
    require_readable({"reason": reason})
    with (
        transaction(),
        constraint_errors(
            {"emergency_word_once": EmergencyCleared, "emergency_cleared_once": EmergencyCleared}
        ),
    ):
        User.objects.select_for_update(of=("self",), no_key=True).get(pk=by.pk)
        proposal = Proposal.objects.select_for_update(of=("self",), no_key=True).get(
            pk=emergency.proposal_id
        )
        if by.pk in (emergency.taken_by_id, proposal.maker_id):
            raise EmergencyOfOnesOwn("You did it, or put it forward; another person clears it.")
        if EmergencyWord.objects.filter(
            emergency=emergency, word__in=[EmergencyWord.Word.APPROVED, EmergencyWord.Word.UNDONE]
        ).exists():
            raise EmergencyCleared(f"{proposal} is cleared already.")
        _require_may_clear(proposal, word, by=by, at=at)
        if word == EmergencyWord.Word.UNDONE:
            _require_undone(emergency, undone_by)
        made = EmergencyWord.objects.create(
            emergency=emergency,
            word=word,
            undone_by=undone_by if word == EmergencyWord.Word.UNDONE else None,
            person=by,
            said_at=at,
            reason=reason,
        )
        publish(
            f"emergency.{word}",
            subject=emergency.public_id,
            payload={"proposal": proposal.public_id},
            at=at,
        )
    return made


def _require_may_clear(
    proposal: Proposal, word: EmergencyWord.Word, *, by: User, at: datetime
) -> None:
    standing, decider = standing_of(proposal), decider_of(by, at=at)
    require_may_refuse(standing, decider)
    if word == EmergencyWord.Word.APPROVED:
        why = above_limit(standing.policy, decider, proposal.amount)
        if why:
            raise AboveLimit(why)


def _require_undone(emergency: Emergency, undone_by: Proposal | None) -> None:
    if undone_by is None:
        raise NotAnUndoing("Name the proposal that undid it.", field="undone_by")
    proposal = emergency.proposal
    if (
        undone_by.pk == proposal.pk
        or undone_by.outcome != Proposal.Outcome.EXECUTED
        or undone_by.account_id != proposal.account_id
        or undone_by.put_forward_at < emergency.taken_at
    ):
        raise NotAnUndoing(
            f"{undone_by} was not executed for the same account since then.", field="undone_by"
        )
