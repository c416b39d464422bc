"""Put a proposal forward: what it would do is worked out by carrying it out and undoing that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Q

from accounts.models import Account, User
from approvals.kinds import Acting, ProposalKind, ProposedEffect, canonical_digest, kind_of
from approvals.models import Proposal
from approvals.operations.deciding import NotYours, why_not
from approvals.operations.versions import (
    NewVersion,
    hold_policy,
    open_again,
    require_any,
    require_readable,
    tell,
    write_version,
)
from approvals.policy import Matter
from approvals.queries.differences import effect_differences
from approvals.queries.policies import present_policy
from core.actor import require_said
from core.db.integrity import constraint_errors
from core.db.stamps import ChangedSince
from core.db.transactions import transaction, transaction_required
from core.errors import Conflict, Invalid

ASK: Final = "Say why."


class AlreadyOpen(Conflict):
    """The same is put forward already and waits for a decision."""

    code = "proposal_open_already"
    title = "The same proposal is open already"


class NotReturned(Conflict):
    """Only what was returned is put forward again."""

    code = "proposal_not_returned"
    title = "The proposal was not returned"


class OtherMatter(Invalid):
    """A new version is about another kind, account, currency, reason or ticket."""

    code = "proposal_other_matter"
    title = "This would be another proposal"


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
        return _prepared(wish, kind, payload, number=1, by=by, at=at).new.effect


def put_forward(
    *, wish: Wish, by: User, at: datetime, seen: str = "", replaces: Proposal | None = None
) -> Proposal:
    """Ask for something to be done; it does nothing until other people approve.

    `seen` is the digest of the effect that was looked at; empty has looked at nothing. `replaces`
    is an open or returned proposal of the same person, which this one supersedes.

    Raises: NotForThisRole, UnknownKind, ReasonCodeUnknown, ReasonMissing, WishUnreadable,
    AlreadyOpen, ChangedSince, and what the kind refuses; then nothing is kept.
    """
    kind, payload = _read(wish, by)
    kind.bring_up_to_date(payload, at=at)
    with transaction(), constraint_errors({"proposal_open_once": AlreadyOpen}):
        hold_policy(wish.kind)
        if replaces is not None:
            _supersede(replaces, by=by, at=at)
        prepared = _prepared(wish, kind, payload, number=1, by=by, at=at)
        new = prepared.new
        _require_seen(seen, new.effect)
        wish_digest = canonical_digest([wish.kind, payload])
        _require_none_open(wish_digest, at=at)
        proposal = Proposal.objects.create(  # type: ignore[misc]  # null has no generic
            kind=wish.kind,
            account=prepared.account,
            subject=_subject(new.effect),
            currency=_currency(new.effect),
            amount_minor=new.amount_minor,
            wish_digest=wish_digest,
            seal=new.seal(wish.kind),
            reason_code=wish.reason_code,
            ticket=wish.ticket,
            maker=by,
            put_forward_at=at,
            expires_at=at + new.policy.open_for,
            replaces=replaces,
        )
        write_version(proposal, new, at=at)
        tell("proposal.put_forward", proposal, at=at)
    return proposal


def put_forward_again(
    *, proposal: Proposal, wish: Wish, by: User, at: datetime, seen: str = ""
) -> Proposal:
    """Answer a return with a new version, which may ask for something else of the same account.

    Deciding begins anew: what was said of older versions stays, and counts for nothing.

    Raises: NotYours, NotReturned, OtherMatter, and as put_forward.
    """
    kind, payload = _read(wish, by)
    kind.bring_up_to_date(payload, at=at)
    with transaction(), constraint_errors({"proposal_open_once": AlreadyOpen}):
        hold_policy(wish.kind)
        locked = Proposal.objects.select_for_update(of=("self",), no_key=True).get(pk=proposal.pk)
        _require_own(locked, by)
        if locked.state != Proposal.State.RETURNED:
            raise NotReturned(f"Nobody returned {locked}.", proposal=locked.public_id)
        prepared = _prepared(wish, kind, payload, number=locked.version + 1, by=by, at=at)
        new = prepared.new
        account_id = prepared.account.pk if prepared.account is not None else None
        if (wish.kind, wish.reason_code, wish.ticket, account_id, _currency(new.effect)) != (
            locked.kind, locked.reason_code, locked.ticket, locked.account_id, locked.currency,
        ):  # fmt: skip
            raise OtherMatter("Put it forward as a proposal of its own, in place of this one.")
        _require_seen(seen, new.effect)
        wish_digest = canonical_digest([wish.kind, payload])
        _require_none_open(wish_digest, at=at)
        open_again(
            locked,
            new,
            at=at,
            wish_digest=wish_digest,
            subject=_subject(new.effect),
            expires_at=at + new.policy.open_for,
        )
        tell("proposal.put_forward_again", locked, at=at)
    return locked


@dataclass(frozen=True, slots=True)
class _PreparedWish:
    account: Account | None
    new: NewVersion


@transaction_required()
def _prepared(
    wish: Wish, kind: ProposalKind, payload: dict[str, Any], *, number: int, by: User, at: datetime
) -> _PreparedWish:
    """What a wish comes to now, under the present policy, which lets `by` put it forward."""
    prepared = kind.prepare(
        payload, Acting(at, by.actor, wish.reason, wish.reason_code, wish.ticket)
    )
    effect, policy = prepared.preview(), present_policy()
    account = prepared.account
    rule = policy.rule_for(
        Matter(wish.kind, wish.reason_code, effect.amount, account.public_id if account else "")
    )
    require_any(by, rule.propose)
    return _PreparedWish(account, NewVersion(number, payload, effect, policy, rule, wish.reason))


def _read(wish: Wish, by: User) -> tuple[ProposalKind, dict[str, Any]]:
    kind = kind_of(wish.kind)
    require_any(by, *present_policy().proposing(wish.kind))
    require_said(wish.reason, ASK)
    require_readable({"reason": wish.reason, "ticket": wish.ticket})
    if wish.reason_code not in kind.reason_codes:
        raise ReasonCodeUnknown(
            f"{kind.title} has the reasons {', '.join(kind.reason_codes)}.", field="reason_code"
        )
    return kind, kind.read(wish.payload)


def _subject(effect: ProposedEffect) -> str:
    return effect.subjects[0] if effect.subjects else ""


def _currency(effect: ProposedEffect) -> str | None:
    return effect.amount.currency if effect.amount is not None else None


def _require_seen(seen: str, effect: ProposedEffect) -> None:
    if seen and seen != effect.digest:
        raise ChangedSince(stamp=effect.digest, differences=effect_differences(None, effect))


def _require_own(proposal: Proposal, by: User) -> None:
    if proposal.maker_id != by.pk:
        raise NotYours(f"{proposal.maker} put {proposal} forward.", proposal=proposal.public_id)


def _supersede(replaced: Proposal, *, by: User, at: datetime) -> None:
    _require_own(replaced, by)
    live = Q(state=Proposal.State.OPEN, expires_at__gt=at) | Q(state=Proposal.State.RETURNED)
    claimed = Proposal.objects.filter(live, pk=replaced.pk).update(
        state=Proposal.State.SUPERSEDED, decided_by=None, decided_at=None
    )
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
