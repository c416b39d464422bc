"""Carry an approved proposal out, once: in the transaction of the decision, or tried again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from accounts.models import User
from approvals.kinds import Acting, NothingLeft, effect_of, kind_of
from approvals.models import Proposal, ProposalExecution, ProposalVersion
from approvals.operations.versions import (
    NewVersion,
    hold_policy,
    open_again,
    present_version,
    require_any,
    tell,
)
from approvals.queries.differences import effect_differences
from approvals.queries.policies import present_policy
from approvals.queries.standing import matter_of, rule_of
from core.actor import acting_as
from core.db.numbering import next_number
from core.db.stamps import ChangedSince
from core.db.transactions import transaction, transaction_required
from core.errors import Conflict, DomainError

RETRYABLE: Final = (
    Proposal.Outcome.REFUSED.value,
    Proposal.Outcome.NOTHING_LEFT.value,
    Proposal.Outcome.UNKNOWN.value,
)


class NothingToTry(Conflict):
    """It was executed, or was never approved."""

    code = "nothing_to_try_again"
    title = "There is nothing to try again"


def try_again(*, proposal: Proposal, by: User, at: datetime) -> ProposalExecution:
    """Carry an approved proposal out once more, which was refused or had nothing left to do.

    Raises: NothingToTry, NotForThisRole.
    """
    kind_of(proposal.kind).bring_up_to_date(present_version(proposal).payload, at=at)
    with transaction():
        hold_policy(proposal.kind)
        locked = Proposal.objects.select_for_update(of=("self",)).get(pk=proposal.pk)
        rule = rule_of(locked, present_policy())
        require_any(by, rule.propose, *rule.permissions)
        if locked.state != Proposal.State.APPROVED or locked.outcome not in RETRYABLE:
            raise NothingToTry(f"{locked} cannot be tried again.", proposal=locked.public_id)
        return carry_out(locked, by=by, at=at)


@transaction_required()
def carry_out(proposal: Proposal, *, by: User, at: datetime) -> ProposalExecution:
    version, kind = present_version(proposal), kind_of(proposal.kind)
    acting = Acting(at, by.actor, version.reason, proposal.reason_code, proposal.ticket)
    try:
        with acting_as(by.actor, reason=version.reason), transaction():
            made = kind.prepare(version.payload, acting).carry_out(seen=version.effect_digest)
    except ChangedSince as changed:
        return _changed(proposal, version, changed, acting=acting, by=by)
    except NothingLeft as nothing:
        return _record(proposal, Proposal.Outcome.NOTHING_LEFT, str(nothing), by=by, at=at)
    except DomainError as refused:
        return _record(proposal, Proposal.Outcome.REFUSED, refused.message, by=by, at=at)
    return _record(proposal, Proposal.Outcome.EXECUTED, by=by, at=at, effect_ref=made)


def _changed(
    proposal: Proposal,
    version: ProposalVersion,
    changed: ChangedSince,
    *,
    acting: Acting,
    by: User,
) -> ProposalExecution:
    """Open again as a new version, which says what is different; deciding begins anew."""
    try:
        effect = kind_of(proposal.kind).prepare(version.payload, acting).preview()
    except (DomainError, NothingLeft) as refused:
        return _record(proposal, Proposal.Outcome.REFUSED, str(refused), by=by, at=acting.at)
    told = effect_differences(effect_of(version.effect), effect)
    said = " ".join(
        f"{each.field}: {each.old or 'nothing'} → {each.new or 'nothing'}." for each in told
    )
    made = _record(proposal, Proposal.Outcome.CHANGED, said or changed.message, by=by, at=acting.at)
    policy = present_policy()
    rule = policy.rule_for(replace(matter_of(proposal), amount=effect.amount))
    new = NewVersion(proposal.version + 1, version.payload, effect, policy, rule, version.reason)
    open_again(proposal, new, at=acting.at, outcome=Proposal.Outcome.CHANGED)
    tell("proposal.changed", proposal, at=acting.at)
    return made


def _record(
    proposal: Proposal,
    outcome: Proposal.Outcome,
    said: str = "",
    *,
    by: User,
    at: datetime,
    effect_ref: str = "",
) -> ProposalExecution:
    made = ProposalExecution.objects.create(
        proposal=proposal,
        attempt=next_number(proposal.executions, "attempt"),
        version=proposal.version,
        outcome=outcome,
        effect_ref=effect_ref,
        said=said,
        executed_by=by,
        executed_at=at,
    )
    if outcome == Proposal.Outcome.CHANGED:
        # Written with the new version, in one step.
        return made
    Proposal.objects.filter(pk=proposal.pk).update(outcome=outcome)
    proposal.refresh_from_db()
    tell(f"proposal.{outcome}", proposal, at=at)
    return made
