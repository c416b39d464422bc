"""Publish a version of the approval policy, and ask anew what is decided otherwise under it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from approvals.kinds import effect_of
from approvals.models import ApprovalPolicy, Proposal
from approvals.operations.versions import NewVersion, open_again, tell
from approvals.policy import NotForThisRole, Policy
from approvals.queries.policies import present_policy
from approvals.queries.standing import matter_of, standings
from core.actor import Actor
from core.db.transactions import transaction_required
from eventing.publish import publish as publish_event


@transaction_required()
def publish(*, document: Mapping[str, Any], at: datetime, by: Actor, reason: str) -> ApprovalPolicy:
    """Make a document, which was read, the policy from now on.

    Inside the transaction that carries its proposal out, which has the policy alone. What is open
    and would be decided by others now is open as a new version; its votes stay, and do not count.
    """
    made = ApprovalPolicy.objects.create(
        number=present_policy().number + 1,
        document=document,
        published_at=at,
        published_by=by.name,
        reason=reason,
    )
    asked_anew = _ask_anew(present_policy(), at=at)
    publish_event(
        "approval_policy.published",
        subject=made.public_id,
        payload={"number": made.number, "asked_anew": asked_anew},
        at=at,
    )
    return made


def _ask_anew(policy: Policy, *, at: datetime) -> int:
    """Open proposals that are decided otherwise under the policy become new versions; how many."""
    rows = (
        Proposal.objects.select_related("account")
        .select_for_update(of=("self",), no_key=True)
        .filter(state=Proposal.State.OPEN, expires_at__gt=at)
        .order_by("pk")
    )
    count, opened = 0, list(rows)
    known = standings(opened)
    for proposal in opened:
        standing = known[proposal.pk]
        try:
            rule = policy.rule_for(matter_of(proposal))
        except NotForThisRole:
            # Nobody puts such a thing forward any more; what is open ends as it began.
            continue
        if rule.asks_alike(standing.rule):
            continue
        version = standing.version
        new = NewVersion(
            version.number + 1,
            version.payload,
            effect_of(version.effect),
            policy,
            rule,
            version.reason,
        )
        open_again(proposal, new, at=at)
        tell("proposal.asked_anew", proposal, at=at)
        count += 1
    return count
