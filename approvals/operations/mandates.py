"""Give at once under a mandate, look at what was given, and take back what was undone.

What is given is carried out by the code of its kind, as a proposal would; nobody decides it, since
finance let so much happen before. Never more than the mandate, a case or a month carries.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from accounts.models import User
from accounts.permissions import Permission
from approvals.kinds import Acting, PreparedEffect, ProposedEffect, kind_of
from approvals.models import Mandate, MandateDraw, MandateReview, Proposal
from approvals.operations.versions import require_any, require_readable
from approvals.queries.mandates import mandate_left
from core.actor import Actor, acting_as, require_said
from core.db.integrity import constraint_errors
from core.db.numbering import next_number
from core.db.transactions import transaction, transaction_required
from core.errors import Conflict, Forbidden, Invalid
from core.money import Money
from eventing.publish import publish

DRAWN_AS: Final = ("adjustment",)
"""Kinds that may be carried out under a mandate."""


class MandateOverdrawn(Conflict):
    """The mandate, the case or the month does not carry so much any more."""

    code = "mandate_overdrawn"
    title = "The mandate does not carry this"


class MandateOver(Conflict):
    """Its time is over, or a failed review froze it."""

    code = "mandate_over"
    title = "Nothing is given under this mandate any more"


class MandateNotFor(Invalid):
    """Another reason, another currency, a charge, or no case."""

    code = "mandate_not_for_this"
    title = "The mandate is not for this"


class DrawReviewed(Conflict):
    """It was looked at before, or waits for nobody."""

    code = "draw_reviewed"
    title = "This draw waits for no review"


class DrawOfOnesOwn(Forbidden):
    """Nobody reviews what they gave."""

    code = "draw_of_ones_own"
    title = "Another person must look at it"


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


def look_at_draw(*, mandate: Mandate, wish: DrawWish, by: User, at: datetime) -> ProposedEffect:
    """What a draw would do; nothing is kept. Raises: as draw."""
    prepared = _prepared(mandate, wish, by=by, at=at)
    with transaction():
        effect = prepared.preview()
        _require_carries(mandate, wish, prepared, effect, at=at)
        return effect


def draw(
    *, mandate: Mandate, wish: DrawWish, by: User, at: datetime, seen: str = ""
) -> MandateDraw:
    """Give it at once. `seen` is the digest of what was looked at; empty has looked at nothing.

    Raises: NotForThisRole, MandateNotFor, MandateOverdrawn, MandateOver, ChangedSince,
    ReasonMissing, and what the kind refuses; then nothing is done.
    """
    prepared = _prepared(mandate, wish, by=by, at=at)
    with transaction(), constraint_errors(_BROKEN):
        locked = Mandate.objects.select_for_update().get(pk=mandate.pk)
        effect = prepared.preview()
        amount = _require_carries(locked, wish, prepared, effect, at=at)
        account = prepared.account
        assert account is not None  # as required above
        number = next_number(locked.draws, "number")
        with acting_as(by.actor, reason=wish.reason):
            made = prepared.carry_out(seen=seen or effect.digest)
        drawn = MandateDraw.objects.create(
            mandate=locked,
            number=number,
            account=account,
            month_on=at.date().replace(day=1),
            amount_minor=amount.minor,
            kind=wish.kind,
            payload=dict(wish.payload),
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
            payload={"account": account.public_id, "amount": amount.as_fact, "made": made},
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
    if proposal.outcome != Proposal.Outcome.EXECUTED or proposal.kind not in DRAWN_AS:
        return
    payload = proposal.versions.order_by("-number")[0].payload
    undone = MandateDraw.objects.filter(
        effect_ref=payload.get("undo", ""), gives_back__isnull=True, came_back__isnull=True
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
        amount_minor=-undone.amount_minor,
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


def _prepared(mandate: Mandate, wish: DrawWish, *, by: User, at: datetime) -> PreparedEffect:
    require_any(by, Permission.GOODWILL_PROPOSE)
    require_said(wish.reason, "Say why.")
    require_readable({"reason": wish.reason, "ticket": wish.ticket})
    if not wish.ticket.strip():
        raise MandateNotFor("Name the case it is for.", field="ticket")
    if wish.kind not in DRAWN_AS:
        raise MandateNotFor(f"Only {', '.join(DRAWN_AS)} is given at once.", field="kind")
    if wish.reason_code not in mandate.reason_codes:
        raise MandateNotFor(f"It is for {', '.join(mandate.reason_codes)}.", field="reason_code")
    kind = kind_of(wish.kind)
    payload = kind.read(wish.payload)
    if "give" not in payload:
        raise MandateNotFor("Under a mandate something is given, never charged.", field="give")
    kind.bring_up_to_date(payload, at=at)
    return kind.prepare(payload, Acting(at, by.actor, wish.reason, wish.reason_code, wish.ticket))


def _require_carries(
    mandate: Mandate,
    wish: DrawWish,
    prepared: PreparedEffect,
    effect: ProposedEffect,
    *,
    at: datetime,
) -> Money:
    """The amount, which the mandate carries now."""
    account, amount = prepared.account, effect.amount
    if account is None or amount is None or amount.currency != mandate.currency:
        raise MandateNotFor(f"It is in {mandate.currency}, for one account.", field="give")
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
            raise MandateOverdrawn(f"{amount} is more than the {free} left {what}.", field="give")
    return amount
