"""What the operations on a proposal share: its versions and their seals, who may, what is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from accounts.models import User
from accounts.permissions import Permission, permitted, roles_with
from approvals.kinds import ProposedEffect, Sealed, canonical_digest
from approvals.listeners import tell_listeners
from approvals.models import Proposal, ProposalVersion
from approvals.policy import ApprovalRule, NotForThisRole, Policy
from core.db.locks import alone, beside
from core.db.transactions import transaction_required
from core.errors import Invalid
from core.text_in import is_odd
from eventing.publish import publish

REASON_LENGTH_MAX: Final = 2_000
POLICY_KIND: Final = "approval_policy"


class WishUnreadable(Invalid):
    """A text of the proposal is too long, or holds a control character."""

    code = "proposal_text_invalid"
    title = "A text cannot be kept"


@transaction_required()
def hold_policy(kind: str) -> None:
    """Keep the policy as it is until the transaction ends; before any row is locked.

    Whoever publishes one has it alone, so that no version is written under the one before.
    """
    (alone if kind == POLICY_KIND else beside)("approval policy")


def present_version(proposal: Proposal) -> ProposalVersion:
    found: ProposalVersion = proposal.versions.order_by("-number")[0]
    return found


@dataclass(frozen=True, slots=True)
class NewVersion:
    """What a version says: what was asked, what it comes to, and under which row of the policy."""

    number: int
    payload: Mapping[str, Any]
    effect: ProposedEffect
    policy: Policy
    rule: ApprovalRule
    reason: str

    @property
    def amount_minor(self) -> int | None:
        return self.effect.amount.minor if self.effect.amount is not None else None

    def seal(self, kind: str) -> str:
        return Sealed(
            kind=kind,
            payload=canonical_digest(self.payload),
            effect=self.effect.digest,
            policy=self.policy.number,
            amount_minor=self.amount_minor,
            version=self.number,
        ).seal


@transaction_required()
def write_version(proposal: Proposal, new: NewVersion, *, at: datetime) -> ProposalVersion:
    """Keep a version, which is the present one of a proposal that names its seal."""
    return ProposalVersion.objects.create(
        proposal=proposal,
        number=new.number,
        payload=new.payload,
        payload_digest=canonical_digest(new.payload),
        effect=new.effect.document(),
        effect_digest=new.effect.digest,
        amount_minor=new.amount_minor,  # type: ignore[misc]  # null has no generic
        policy_version=new.policy.number,
        needed_count=new.rule.needed,
        seal=proposal.seal,
        prepared_at=at,
        reason=new.reason,
    )


@transaction_required()
def open_again(proposal: Proposal, new: NewVersion, *, at: datetime, **fields: Any) -> None:
    """Make a further version the present one, on which deciding begins anew.

    `fields` are what becomes of the proposal besides. The caller has locked it.
    """
    Proposal.objects.filter(pk=proposal.pk).update(
        state=Proposal.State.OPEN,
        version=new.number,
        seal=new.seal(proposal.kind),
        amount_minor=new.amount_minor,
        decided_by=None,
        decided_at=None,
        **fields,
    )
    proposal.refresh_from_db()
    write_version(proposal, new, at=at)


def require_any(by: User, *any_of: Permission) -> None:
    """Refuse whoever carries none of these. Raises: NotForThisRole."""
    # Asked of the rows as they are now: whoever lost a role a moment ago has lost it.
    present = User.objects.get(pk=by.pk)
    if not any(permitted(present, permission) for permission in any_of):
        names = sorted({role.spoken for each in any_of for role in roles_with(each)})
        raise NotForThisRole(f"This needs the role {' or '.join(names)}.")


def require_readable(texts: Mapping[str, str]) -> None:
    for field, text in texts.items():
        longest = 100 if field == "ticket" else REASON_LENGTH_MAX
        if is_odd(text) or len(text) > longest:
            raise WishUnreadable(
                f"Up to {longest:,} characters, none of them control characters.", field=field
            )


def tell(kind: str, proposal: Proposal, *, at: datetime) -> None:
    publish(
        kind,
        subject=proposal.public_id,
        payload={
            "kind": proposal.kind,
            "account": proposal.account.public_id if proposal.account else None,
            "amount": proposal.amount.as_fact if proposal.amount is not None else None,
            "version": proposal.version,
            "state": proposal.state,
        },
        at=at,
    )
    tell_listeners(proposal, at=at)
