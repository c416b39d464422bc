"""What the operations on a proposal share: its versions and their seals, who may, what is told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from accounts.models import User
from accounts.permissions import Permission, permitted, roles_with
from approvals.kinds import ProposedEffect, Sealed, canonical_digest
from approvals.listeners import tell_listeners
from approvals.models import Proposal, ProposalVersion
from approvals.policy import POLICY_VERSION, NotForThisRole
from core.errors import Invalid
from core.text_in import is_odd
from eventing.publish import publish

REASON_LENGTH_MAX: Final = 2_000


class WishUnreadable(Invalid):
    """A text of the proposal is too long, or holds a control character."""

    code = "proposal_text_invalid"
    title = "A text cannot be kept"


def present_version(proposal: Proposal) -> ProposalVersion:
    found: ProposalVersion = proposal.versions.order_by("-number")[0]
    return found


def sealed(kind: str, payload: Mapping[str, Any], effect: ProposedEffect, *, number: int) -> Sealed:
    return Sealed(
        kind=kind,
        payload=canonical_digest(payload),
        effect=effect.digest,
        policy=POLICY_VERSION,
        amount_minor=effect.amount.minor,
        version=number,
    )


def write_version(
    proposal: Proposal,
    payload: Mapping[str, Any],
    effect: ProposedEffect,
    *,
    at: datetime,
    reason: str,
) -> ProposalVersion:
    return ProposalVersion.objects.create(
        proposal=proposal,
        number=proposal.version,
        payload=payload,
        payload_digest=canonical_digest(payload),
        effect=effect.document(),
        effect_digest=effect.digest,
        amount_minor=effect.amount.minor,
        policy_version=POLICY_VERSION,
        seal=proposal.seal,
        prepared_at=at,
        reason=reason,
    )


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
            "account": proposal.account.public_id,
            "amount": proposal.amount.as_fact,
            "version": proposal.version,
            "state": proposal.state,
        },
        at=at,
    )
    tell_listeners(proposal, at=at)
