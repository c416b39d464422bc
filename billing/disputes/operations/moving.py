"""What becomes of contested lines when their invoice is voided, or issued anew.

Never on both: a line goes on to the same charge of the successor with what is held of it, or ends
as settled by the reissue where that charge is as low as was claimed.
"""

from __future__ import annotations

from datetime import datetime

from billing.disputes.models import LIVE, CaseMessage, ClaimDraft, DisputeLine
from billing.disputes.operations import line_holds
from billing.disputes.operations.line_decisions import conclude
from billing.disputes.operations.messages import Said, lock_case, write
from billing.invoicing.models import Invoice
from core.actor import Actor, acting_as
from core.db.transactions import transaction_required


@transaction_required()
def follow_void(voided: str, made: str, *, at: datetime, by: Actor) -> None:
    """Let the live lines of a voided invoice follow. `made` is the void, or the new invoice."""
    rows = DisputeLine.objects.filter(
        invoice_line__invoice__public_id=voided, state__in=LIVE
    ).select_related("case", "invoice_line__invoice", "hold")
    successor = Invoice.objects.filter(public_id=made).first()
    for line in rows.order_by("pk"):
        lock_case(line.case)
        with acting_as(by, reason=f"{line.invoice_line.invoice} was voided"):
            _follow(line, successor, made, at=at, by=by)


def _follow(
    line: DisputeLine, successor: Invoice | None, made: str, *, at: datetime, by: Actor
) -> None:
    old = line.invoice_line
    new = successor.lines.filter(key=old.key).first() if successor else None
    fell = old.amount_minor - (new.amount_minor if new else 0)
    if new is None or fell >= max(line.claimed_minor, 1):
        _settled(line, fell, made, at=at, by=by)
        return
    draft = line.drafts.order_by("-number").first()
    held = _share(draft, line.claimed_minor - max(fell, 0)) if draft else 0
    conclude(line, DisputeLine.State.WITHDRAWN, outcome=f"Goes on with {new.invoice}", at=at, by=by)
    moved = DisputeLine(
        case=line.case,
        invoice_line=new,
        reason_code=line.reason_code,
        facts=line.facts,
        currency=line.currency,
        claimed_minor=line.claimed_minor - max(fell, 0),
    )
    moved.save()
    line_holds.hold_anew(moved, held, at=at, by=by)
    moved.state = DisputeLine.State.INVESTIGATING
    moved.save()
    text = f"{old.invoice} was voided; the line goes on with {new.invoice}."
    write(line.case, Said(text, CaseMessage.Audience.INTERNAL, by.name), at=at)


def _settled(line: DisputeLine, fell: int, made: str, *, at: datetime, by: Actor) -> None:
    text = f"{line.invoice_line.description}: settled by the reissue with {line.money(fell)}."
    line.approved_minor, line.settled_by = fell, made
    conclude(line, DisputeLine.State.GRANTED, outcome=text, at=at, by=by)
    write(line.case, Said(text, CaseMessage.Audience.INTERNAL, by.name), at=at)


def _share(draft: ClaimDraft, claimed_minor: int) -> int:
    """What is held with tax of a part of what a claim came to."""
    if draft.credit_minor <= 0:
        return 0
    return draft.gross_minor * claimed_minor // draft.credit_minor
