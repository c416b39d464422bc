"""Give at once under a mandate, look at what was given, and take back what was undone.

What is given is carried out by the code of its kind, as a proposal would; nobody decides it, since
finance let so much happen before. Never more than the mandate, a case or a month carries.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from accounts.models import Account, User
from accounts.permissions import Permission
from approvals.drawing import DrawableKind, MandateNotFor, drawable_kinds
from approvals.kinds import Acting, PreparedEffect, ProposedEffect
from approvals.models import Mandate, MandateDraw, MandateReview, Proposal
from approvals.operations.versions import require_any, require_readable
from approvals.queries.mandates import mandate_left, mandate_stamp
from approvals.queries.policies import present_policy
from core.actor import Actor, acting_as, require_said
from core.db.integrity import constraint_errors
from core.db.numbering import next_number
from core.db.stamps import ChangedSince
from core.db.transactions import transaction, transaction_required
from core.errors import Conflict, Forbidden
from core.money import Money
from eventing.publish import publish


class MandateOverdrawn(Conflict):
    """The mandate, the case or the month does not carry so much any more."""

    code = "mandate_overdrawn"
    title = "The mandate does not carry this"


class MandateOver(Conflict):
    """Its time is over, or a failed review froze it."""

    code = "mandate_over"
    title = "Nothing is given under this mandate any more"


class DrawReviewed(Conflict):
    """It was looked at before, or waits for nobody."""

    code = "draw_reviewed"
    title = "This draw waits for no review"


class DrawOfOnesOwn(Forbidden):
    """Nobody reviews what they gave."""

    code = "draw_of_ones_own"
    title = "Another person must look at it"


_UNDOES: Final = ("undo", "revoke")
"""Where a payload names what it undoes."""

_BROKEN: Final = {
    "mandate_total": MandateOverdrawn,
    "mandate_case": MandateOverdrawn,
    "mandate_account_month": MandateOverdrawn,
    "mandate_over": MandateOver,
    "mandate_frozen": MandateOver,
}


@dataclass(frozen=True, slots=True)
class DrawWish:
    """What is given: the kind and its payload, for which reason and case."""

    kind: str
    payload: Mapping[str, Any]
    reason_code: str
    reason: str
    ticket: str


@dataclass(frozen=True, slots=True)
class MandateTerms:
    """What a mandate carries, in minor units of its currency."""

    title: str
    currency: str
    kinds: tuple[str, ...]
    reason_codes: tuple[str, ...]
    per_case_minor: int
    per_account_month_minor: int
    total_minor: int
    ends_at: datetime
    review_every: int


@transaction_required()
def grant(*, terms: MandateTerms, at: datetime, by: Actor, reason: str) -> Mandate:
    """Make a mandate, inside the transaction that carries its proposal out."""
    made = Mandate.objects.create(
        title=terms.title,
        currency=terms.currency,
        kinds=list(terms.kinds),
        reason_codes=list(terms.reason_codes),
        per_case_minor=terms.per_case_minor,
        per_account_month_minor=terms.per_account_month_minor,
        total_minor=terms.total_minor,
        ends_at=terms.ends_at,
        review_every=terms.review_every,
        made_at=at,
        made_by=by.name,
        reason=reason,
    )
    publish("mandate.granted", subject=made.public_id, payload={"total": made.total.as_fact}, at=at)
    return made


@dataclass(frozen=True, slots=True)
class DrawLook:
    """What a draw would do, and for whom."""

    account: Account
    effect: ProposedEffect


def look_at_draw(*, mandate: Mandate, wish: DrawWish, by: User, at: datetime) -> DrawLook:
    """What a draw would do; nothing is kept. Raises: as draw."""
    ready = _ready(mandate, wish, by=by, at=at)
    with transaction():
        found = ready.look()
        _require_carries(mandate, wish, found, by=by, at=at)
        return found


def draw(
    *, mandate: Mandate, wish: DrawWish, by: User, at: datetime, seen: str = "", made_from: str = ""
) -> MandateDraw:
    """Give it at once. `seen` is the digest of what was looked at; empty has looked at nothing.

    `made_from` is the stamp of the mandate that was looked at, so that what is sent again is not
    given twice; empty where the caller holds another.

    Raises: NotForThisRole, MandateNotFor, MandateOverdrawn, MandateOver, ChangedSince,
    ReasonMissing, and what the kind refuses; then nothing is done.
    """
    ready = _ready(mandate, wish, by=by, at=at)
    with transaction(), constraint_errors(_BROKEN):
        locked = Mandate.objects.select_for_update().get(pk=mandate.pk)
        if made_from and made_from != mandate_stamp(locked):
            raise ChangedSince(stamp=mandate_stamp(locked), differences=[])
        found = ready.look()
        amount = _require_carries(locked, wish, found, by=by, at=at)
        number = next_number(locked.draws, "number")
        with acting_as(by.actor, reason=wish.reason):
            made = ready.prepared.carry_out(seen=seen or found.effect.digest)
        drawn = MandateDraw.objects.create(
            mandate=locked,
            number=number,
            account=found.account,
            month_on=at.date().replace(day=1),
            amount_minor=amount.minor,
            kind=wish.kind,
            payload=dict(ready.payload),
            effect_ref=made,
            reason_code=wish.reason_code,
            ticket=wish.ticket.strip(),
            drawn_by=by,
            drawn_at=at,
            reason=wish.reason,
            waits_for_review=number % locked.review_every == 0,
        )
        publish(
            "mandate.drawn",
            subject=locked.public_id,
            payload={
                "account": found.account.public_id,
                "amount": amount.as_fact,
                "kind": wish.kind,
                "made": made,
            },
            at=at,
        )
    return drawn


def review(
    *, drawn: MandateDraw, passed: bool, by: User, at: datetime, reason: str
) -> MandateReview:
    """Look at a draw that waits for it; one that failed freezes what is left of the mandate.

    Raises: NotForThisRole, DrawOfOnesOwn, DrawReviewed, ReasonMissing.
    """
    require_said(reason, "Say what was looked at.")
    require_readable({"reason": reason})
    require_any(by, Permission.POLICY_APPROVE)
    if drawn.drawn_by_id == by.pk:
        raise DrawOfOnesOwn("You gave it; another person looks at it.")
    with transaction():
        Mandate.objects.select_for_update().get(pk=drawn.mandate_id)
        if not drawn.waits_for_review or MandateReview.objects.filter(draw=drawn).exists():
            raise DrawReviewed(f"{drawn} waits for no review.")
        made = MandateReview.objects.create(
            draw=drawn, passed=passed, person=by, said_at=at, reason=reason
        )
        publish(
            "mandate.reviewed",
            subject=drawn.mandate.public_id,
            payload={"draw": drawn.public_id, "passed": passed},
            at=at,
        )
    return made


@transaction_required()
def give_back(proposal: Proposal, at: datetime) -> None:
    """Where a proposal undid what was given, that amount is free again, in its month; heard of
    every proposal, in the transaction that carries it out.
    """
    if proposal.outcome != Proposal.Outcome.EXECUTED:
        return
    payload = proposal.versions.order_by("-number")[0].payload
    undone = MandateDraw.objects.filter(
        kind=proposal.kind,
        effect_ref__in=[payload[name] for name in _UNDOES if name in payload],
        gives_back__isnull=True,
        came_back__isnull=True,
    ).first()
    if undone is None:
        return
    last = proposal.executions.order_by("-attempt")[0]
    mandate = Mandate.objects.select_for_update().get(pk=undone.mandate_id)
    MandateDraw.objects.create(
        mandate=mandate,
        number=next_number(mandate.draws, "number"),
        account=undone.account,
        month_on=undone.month_on,
        amount_minor=-min(undone.amount_minor, proposal.amount_minor or 0),
        kind=proposal.kind,
        payload=payload,
        effect_ref=last.effect_ref,
        reason_code=proposal.reason_code,
        ticket=undone.ticket,
        drawn_by=last.executed_by,
        drawn_at=at,
        reason=proposal.versions.order_by("-number")[0].reason,
        gives_back=undone,
    )


@dataclass(frozen=True, slots=True)
class _ReadyDraw:
    kind: DrawableKind
    payload: Mapping[str, Any]
    prepared: PreparedEffect

    def look(self) -> DrawLook:
        effect = self.prepared.preview()
        return DrawLook(self.kind.drawn_for(self.payload, self.prepared, effect), effect)


def _ready(mandate: Mandate, wish: DrawWish, *, by: User, at: datetime) -> _ReadyDraw:
    require_any(by, *present_policy().proposing(wish.kind))
    require_said(wish.reason, "Say why.")
    require_readable({"reason": wish.reason, "ticket": wish.ticket})
    if not wish.ticket.strip():
        raise MandateNotFor("Name the case it is for.", field="ticket")
    if wish.kind not in mandate.kinds:
        raise MandateNotFor(f"It is for {', '.join(mandate.kinds)}.", field="kind")
    kind = drawable_kinds()[wish.kind]
    if wish.reason_code not in mandate.reason_codes or wish.reason_code not in kind.reason_codes:
        raise MandateNotFor(f"It is for {', '.join(mandate.reason_codes)}.", field="reason_code")
    payload = kind.read(wish.payload)
    kind.bring_up_to_date(payload, at=at)
    acting = Acting(at, by.actor, wish.reason, wish.reason_code, wish.ticket)
    return _ReadyDraw(kind, payload, kind.prepare(payload, acting))


def _require_carries(
    mandate: Mandate, wish: DrawWish, found: DrawLook, *, by: User, at: datetime
) -> Money:
    """The amount, which the mandate carries now, given by who might put it forward.

    However much it is: that is what the mandate says instead of the policy.
    """
    account, amount = found.account, found.effect.amount
    require_any(
        by, *present_policy().drawing(wish.kind, wish.reason_code, account=account.public_id)
    )
    if amount is None or amount.currency != mandate.currency:
        raise MandateNotFor(f"It is in {mandate.currency}.", field="currency")
    if not amount.minor:
        raise MandateNotFor("It comes to nothing; put it forward.", field="payload")
    left = mandate_left(mandate, account=account, ticket=wish.ticket.strip(), at=at)
    if left.is_frozen:
        raise MandateOver("A review failed: nothing more is given before finance says so.")
    if at >= mandate.ends_at:
        raise MandateOver(f"It ended at {mandate.ends_at:%Y-%m-%d %H:%M} UTC.")
    for what, free in (
        ("in all", left.in_all),
        ("for this case", left.of_case),
        ("for this account this month", left.of_month),
    ):
        if amount.minor > free.minor:
            raise MandateOverdrawn(
                f"{amount} is more than the {free} left {what}.", field="payload"
            )
    return amount
