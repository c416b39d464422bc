"""What becomes of contested lines when what they are about is voided, issued anew, or billed.

Never on both: a line goes on to the same charge of the successor with what is held of it, or ends
as settled by the reissue where that charge is as low as was claimed. A line about late usage goes
on with the charge that bills it, or ends as settled by the waiver.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from billing.disputes.models import LIVE, CaseMessage, ClaimDraft, DisputeLine
from billing.disputes.operations import line_holds
from billing.disputes.operations.line_decisions import conclude
from billing.disputes.operations.messages import Said, lock_case, write
from billing.invoicing.drafting.settled import late_key
from billing.invoicing.models import Invoice, InvoiceLine, LateUsageAmount, LateUsageDecision
from billing.invoicing.models.late_usage import stands
from core.actor import Actor, acting_as
from core.db.transactions import transaction, transaction_required


@transaction_required()
def follow_void(voided: str, made: str, *, at: datetime, by: Actor) -> None:
    """Let the live lines of a voided invoice follow. `made` is the void, or the new invoice."""
    rows = _live().filter(
        Q(invoice_line__invoice__public_id=voided) | Q(late_invoice__public_id=voided)
    )
    successor = Invoice.objects.filter(public_id=made).first()
    for line in rows.order_by("pk"):
        lock_case(line.case)
        with acting_as(by, reason=f"{line.charged.invoice} was voided"):
            if line.invoice_line is None:
                _late_of_void(line, successor, at=at, by=by)
            else:
                _follow(line, line.invoice_line, successor, made, at=at, by=by)


def follow_late(decision: LateUsageDecision, *, at: datetime, by: Actor) -> int:
    """Let the live lines about what a decision billed or waived follow it; how many did.

    Doing it again does nothing. Locks payers first, then each case.
    """
    amounts: Mapping[str, int] = dict(decision.amounts.values_list("charge_key", "amount_minor"))
    rows = _live().filter(late_invoice=decision.invoice, late_charge__in=amounts)
    rows = rows.exclude(state=DisputeLine.State.PROPOSED)
    moved = 0
    for found in rows.order_by("pk"):
        said = f"Late usage of {decision.invoice} was {decision.fate}"
        with acting_as(by, reason=said), transaction():
            line_holds.lock_payers([decision.invoice])
            lock_case(found.case)
            line = rows.filter(pk=found.pk).first()
            if line is not None:
                _follow_decision(line, decision, amounts[line.late_charge], at=at, by=by)
                moved += 1
    return moved


def late_decisions_to_follow(*, most: int) -> list[LateUsageDecision]:
    """Decisions on late usage that live lines still wait for, the oldest first; one query."""
    waiting = DisputeLine.objects.filter(
        late_invoice=OuterRef("decision__invoice"),
        late_charge=OuterRef("charge_key"),
        state__in=LIVE,
        case__opened_at__lte=OuterRef("decision__decided_at"),
    ).exclude(state=DisputeLine.State.PROPOSED)
    amounts = LateUsageAmount.objects.filter(stands("decision__"), Exists(waiting))
    rows = LateUsageDecision.objects.filter(pk__in=amounts.values("decision"))
    return list(rows.select_related("invoice", "billed_on").order_by("decided_at", "pk")[:most])


def _live() -> QuerySet[DisputeLine]:
    return DisputeLine.objects.filter(state__in=LIVE).select_related(
        "case__account", "invoice_line__invoice", "late_invoice", "resource", "hold"
    )


def _follow(
    line: DisputeLine,
    old: InvoiceLine,
    successor: Invoice | None,
    made: str,
    *,
    at: datetime,
    by: Actor,
) -> None:
    new = successor.lines.filter(key=old.key).first() if successor else None
    fell = old.amount_minor - (new.amount_minor if new else 0)
    if new is None or fell >= max(line.claimed_minor, 1):
        _settled(line, f"settled by the reissue with {line.money(fell)}", fell, made, at=at, by=by)
        return
    draft = line.drafts.order_by("-number").first()
    held = _share(draft, line.claimed_minor - max(fell, 0)) if draft else 0
    claimed = line.claimed_minor - max(fell, 0)
    _goes_on(line, new, claimed, held, f"{old.invoice} was voided", at=at, by=by)


def _late_of_void(line: DisputeLine, successor: Invoice | None, *, at: datetime, by: Actor) -> None:
    """What came late is billed with the new invoice in time, or nowhere."""
    new = successor.lines.filter(key=line.late_charge).first() if successor else None
    said = f"{line.charged.invoice} was voided"
    if new is None:
        _ends(line, f"{said}; nothing of it is billed.", at=at, by=by)
        return
    _goes_on(line, new, line.claimed_minor, line.claimed_minor, said, at=at, by=by)


def _follow_decision(
    line: DisputeLine, decision: LateUsageDecision, minor: int, *, at: datetime, by: Actor
) -> None:
    said = f"What came late was {decision.fate}"
    if decision.billed_on is None:
        if minor > 0:
            text = f"settled by letting go of {line.money(minor)}"
            _settled(line, text, minor, decision.public_id, at=at, by=by)
        else:
            _ends(line, f"{said}.", at=at, by=by)
        return
    key = late_key(decision.invoice, line.late_charge)
    billed = decision.billed_on.lines.filter(key__startswith=key).order_by("-amount_minor")
    new = billed.select_related("invoice").first()
    if new is None or new.amount_minor <= 0:
        _ends(line, f"{said}, and nothing is charged for it.", at=at, by=by)
        return
    _goes_on(line, new, line.claimed_minor, line.claimed_minor, said, at=at, by=by)


def _goes_on(
    line: DisputeLine,
    new: InvoiceLine,
    claimed: int,
    held: int,
    said: str,
    *,
    at: datetime,
    by: Actor,
) -> None:
    """A line about the same with the charge that took its place; the old one ends with it."""
    moved = DisputeLine(
        case=line.case,
        invoice_line=new,
        days_from=line.days_from,
        days_until=line.days_until,
        resource=line.resource,
        reason_code=line.reason_code,
        facts=line.facts,
        currency=line.currency,
        claimed_minor=claimed,
    )
    moved.save()
    conclude(line, DisputeLine.State.WITHDRAWN, outcome=f"Goes on with {new.invoice}", at=at, by=by)
    line_holds.hold_anew(moved, held, at=at, by=by)
    moved.state = DisputeLine.State.INVESTIGATING
    moved.save()
    text = f"{said}; the line goes on with {new.invoice}."
    write(line.case, Said(text, CaseMessage.Audience.INTERNAL, by.name), at=at)


def _ends(line: DisputeLine, outcome: str, *, at: datetime, by: Actor) -> None:
    conclude(line, DisputeLine.State.WITHDRAWN, outcome=outcome, at=at, by=by)
    text = f"{line.target_text}: {outcome}"
    write(line.case, Said(text, CaseMessage.Audience.INTERNAL, by.name), at=at)


def _settled(
    line: DisputeLine, words: str, minor: int, made: str, *, at: datetime, by: Actor
) -> None:
    text = f"{line.target_text}: {words}."
    line.approved_minor, line.settled_by = minor, made
    conclude(line, DisputeLine.State.GRANTED, outcome=text, at=at, by=by)
    write(line.case, Said(text, CaseMessage.Audience.INTERNAL, by.name), at=at)


def _share(draft: ClaimDraft, claimed_minor: int) -> int:
    """What is held with tax of a part of what a claim came to."""
    if draft.credit_minor <= 0:
        return 0
    return draft.gross_minor * claimed_minor // draft.credit_minor
