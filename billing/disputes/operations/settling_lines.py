"""Let lines follow the proposals that settle them, in the transaction that decides those.

Executed: granted, or in part. Turned down, withdrawn or superseded: looked into again. An invoice
that is voided or issued anew takes its live lines along: onto the successor, or settled by it.
"""

from __future__ import annotations

from datetime import datetime

from approvals.models import Proposal
from billing.disputes.models import CaseMessage, DisputeLine
from billing.disputes.operations import line_holds
from billing.disputes.operations.line_decisions import conclude
from billing.disputes.operations.messages import Said, lock_case, write
from billing.disputes.operations.moving import follow_late, follow_void
from billing.invoicing.models import Adjustment, CreditNote, LateUsageDecision
from core.actor import Actor, acting_as
from core.db.transactions import transaction_required

_ENDED = (Proposal.State.REJECTED, Proposal.State.WITHDRAWN, Proposal.State.SUPERSEDED)


@transaction_required()
def heard(proposal: Proposal, at: datetime) -> None:
    """What became of a proposal, for the lines that rest on it."""
    by = (proposal.decided_by or proposal.maker).actor
    if proposal.replaces is not None and proposal.state == Proposal.State.OPEN:
        for line in _lines_of(proposal.replaces):
            _goes_on(line, proposal, by=by)
    if proposal.outcome == Proposal.Outcome.EXECUTED:
        made = proposal.executions.get(outcome=Proposal.Outcome.EXECUTED).effect_ref
        if proposal.kind in ("void", "void_and_reissue"):
            follow_void(proposal.subject, made, at=at, by=by)
        for line in _lines_of(proposal):
            _grant(line, made, at=at, by=by)
        if proposal.kind == "late_waiver":
            follow_late(LateUsageDecision.objects.get(public_id=made), at=at, by=by)
    elif proposal.state in _ENDED:
        for line in _lines_of(proposal):
            _look_again(line, proposal, at=at, by=by)


def _lines_of(proposal: Proposal) -> list[DisputeLine]:
    rows = DisputeLine.objects.filter(proposal=proposal.public_id, state=DisputeLine.State.PROPOSED)
    found = rows.select_related(
        "case", "invoice_line__invoice", "late_invoice", "resource", "hold"
    ).order_by("pk")
    for line in list(found):
        lock_case(line.case)
    return list(found.all())


def _grant(line: DisputeLine, made: str, *, at: datetime, by: Actor) -> None:
    credited, gross = _credited(made)
    state = (
        DisputeLine.State.GRANTED
        if credited >= line.claimed_minor
        else DisputeLine.State.PARTLY_GRANTED
    )
    line.approved_minor, line.settled_by = credited, made
    with acting_as(by, reason=f"{state.label} by {line.proposal}"):
        line_holds.use(line, gross, made, at=at, by=by)
        conclude(line, state, outcome=f"{line.money(credited)} before tax", at=at, by=by)
    text = f"{line.target_text}: {line.money(credited)} before tax is credited."
    write(
        line.case,
        Said(text, CaseMessage.Audience.INTERNAL, by.name, kind=CaseMessage.Kind.DECISION),
        at=at,
    )


def _credited(made: str) -> tuple[int, int]:
    """What a credit note, a waiver or an adjustment gives, before tax and with it; minor units."""
    note = CreditNote.objects.filter(public_id=made).first()
    if note is not None:
        return note.subtotal_minor, note.total_minor
    waived = LateUsageDecision.objects.filter(public_id=made).first()
    if waived is not None:
        return waived.amount_minor, waived.amount_minor
    given = -Adjustment.objects.get(public_id=made).amount_minor
    return given, given


def _goes_on(line: DisputeLine, proposal: Proposal, *, by: Actor) -> None:
    with acting_as(by, reason=f"{proposal} took its place"):
        line.proposal = proposal.public_id
        line.save()


def _look_again(line: DisputeLine, proposal: Proposal, *, at: datetime, by: Actor) -> None:
    said = f"{proposal} was {proposal.get_state_display().lower()}."
    with acting_as(by, reason=said):
        line.state, line.proposal = DisputeLine.State.INVESTIGATING, ""
        line.save()
    write(line.case, Said(said, CaseMessage.Audience.INTERNAL, by.name), at=at)
