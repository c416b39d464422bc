"""Put a proposal forward: what it would do is worked out by carrying it out and undoing that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from accounts.models import User
from approvals.kinds import Acting, ProposalKind, ProposedEffect, canonical_digest, kind_of
from approvals.models import Proposal
from approvals.operations.deciding import NotYours, why_not
from approvals.operations.versions import (
    require_any,
    require_readable,
    sealed,
    tell,
    write_version,
)
from approvals.policy import OPEN_FOR, proposing, rule_for
from approvals.queries.differences import effect_differences
from core.actor import require_said
from core.db.integrity import constraint_errors
from core.db.stamps import ChangedSince
from core.db.transactions import transaction
from core.errors import Conflict, Invalid

ASK: Final = "Say why."


class AlreadyOpen(Conflict):
    """The same is put forward already and waits for a decision."""

    code = "proposal_open_already"
    title = "The same proposal is open already"


class ReasonCodeUnknown(Invalid):
    """The kind has no such reason."""

    code = "reason_code_unknown"
    title = "There is no such reason"


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants done: the kind, its payload, and why."""

    kind: str
    payload: Mapping[str, Any]
    reason_code: str
    reason: str
    ticket: str = ""


def look_at(*, wish: Wish, by: User, at: datetime) -> ProposedEffect:
    """What a wish would do, for whoever may put it forward; nothing is kept.

    Raises: as put_forward.
    """
    kind, payload = _read(wish, by)
    kind.bring_up_to_date(payload, at=at)
    with transaction():
        effect = kind.prepare(payload, _acting(wish, by, at)).preview()
        require_any(by, rule_for(wish.kind, wish.reason_code, effect.amount).propose)
    return effect


def put_forward(
    *, wish: Wish, by: User, at: datetime, seen: str = "", replaces: Proposal | None = None
) -> Proposal:
    """Ask for something to be done; it does nothing until another person approves.

    `seen` is the digest of the effect that was looked at; empty has looked at nothing. `replaces`
    is an open proposal of the same person, which this one supersedes.

    Raises: NotForThisRole, UnknownKind, ReasonCodeUnknown, ReasonMissing, WishUnreadable,
    AlreadyOpen, ChangedSince, and what the kind refuses; then nothing is kept.
    """
    kind, payload = _read(wish, by)
    kind.bring_up_to_date(payload, at=at)
    with transaction(), constraint_errors({"proposal_open_once": AlreadyOpen}):
        if replaces is not None:
            _supersede(replaces, by=by, at=at)
        prepared = kind.prepare(payload, _acting(wish, by, at))
        effect = prepared.preview()
        require_any(by, rule_for(wish.kind, wish.reason_code, effect.amount).propose)
        if seen and seen != effect.digest:
            raise ChangedSince(stamp=effect.digest, differences=effect_differences(None, effect))
        wish_digest = canonical_digest([wish.kind, payload])
        _require_none_open(wish_digest, at=at)
        made = sealed(wish.kind, payload, effect, number=1)
        proposal = Proposal.objects.create(
            kind=wish.kind,
            account=prepared.account,
            subject=effect.subjects[0] if effect.subjects else "",
            currency=effect.amount.currency,
            amount_minor=effect.amount.minor,
            wish_digest=wish_digest,
            seal=made.seal,
            reason_code=wish.reason_code,
            ticket=wish.ticket,
            maker=by,
            put_forward_at=at,
            expires_at=at + OPEN_FOR,
            replaces=replaces,
        )
        write_version(proposal, payload, effect, at=at, reason=wish.reason)
        tell("proposal.put_forward", proposal, at=at)
    return proposal


def _read(wish: Wish, by: User) -> tuple[ProposalKind, dict[str, Any]]:
    kind = kind_of(wish.kind)
    require_any(by, *proposing(wish.kind))
    require_said(wish.reason, ASK)
    require_readable({"reason": wish.reason, "ticket": wish.ticket})
    if wish.reason_code not in kind.reason_codes:
        raise ReasonCodeUnknown(
            f"{kind.title} has the reasons {', '.join(kind.reason_codes)}.", field="reason_code"
        )
    return kind, kind.read(wish.payload)


def _acting(wish: Wish, by: User, at: datetime) -> Acting:
    return Acting(at, by.actor, wish.reason, wish.reason_code, wish.ticket)


def _supersede(replaced: Proposal, *, by: User, at: datetime) -> None:
    if replaced.maker_id != by.pk:
        raise NotYours(f"{replaced.maker} put {replaced} forward.", proposal=replaced.public_id)
    claimed = Proposal.objects.filter(
        pk=replaced.pk, state=Proposal.State.OPEN, expires_at__gt=at
    ).update(state=Proposal.State.SUPERSEDED)
    if not claimed:
        raise why_not(
            Proposal.objects.select_related("decided_by").get(pk=replaced.pk), replaced.seal, at
        )


def _require_none_open(wish_digest: str, *, at: datetime) -> None:
    same = Proposal.objects.filter(wish_digest=wish_digest, state=Proposal.State.OPEN)
    same.filter(expires_at__lte=at).update(state=Proposal.State.EXPIRED)
    found = same.first()
    if found is not None:
        raise AlreadyOpen(
            f"{found} asks for the same and waits for a decision.", proposal=found.public_id
        )
