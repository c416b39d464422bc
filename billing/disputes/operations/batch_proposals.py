"""Put what a batch comes to forward: one proposal an invoice, each by itself, as far as one gets.

Before a line is put forward it is worked out again; where it comes to something else than was
seen, it is kept with that and left for another look. What became of a proposal is heard here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final

from django.db.models.functions import Coalesce

from accounts.models import User
from approvals.models import Proposal
from approvals.operations import putting_forward
from approvals.operations.putting_forward import Wish
from billing.disputes.models import CreditBatch, CreditBatchRow
from billing.disputes.operations.batches import keep_anew, lock_row, work_out
from billing.disputes.operations.line_holds import owed_on
from billing.disputes.operations.owed_credits import owed_credits
from billing.disputes.reason_codes import REASON_CODES
from billing.invoicing.models import CreditNote
from billing.receivables.proposals.payloads import amount_text
from core.actor import acting_as, require_said
from core.db.transactions import transaction, transaction_required
from core.errors import Forbidden
from core.isolating import made_or_wrong
from core.parking import why

AT_ONCE: Final = 25
"""Invoices that are put forward while somebody waits; asking again goes on with the next."""


@dataclass(slots=True)
class PutForward:
    """What one go did: proposals made, invoices that changed, and what was refused and why."""

    made: list[Proposal] = field(default_factory=list)
    changed: int = 0
    refused: list[str] = field(default_factory=list)
    left: int = 0


def put_forward_batch(*, batch: CreditBatch, at: datetime, by: User, reason: str) -> PutForward:
    """Put the next invoices of a batch forward; other people decide each.

    One that is refused stops none of the others. Raises: ReasonMissing, NotForThisRole.
    """
    require_said(reason, "Say why they are credited.")
    waiting = list(_waiting(batch).order_by("owed").values_list("owed", flat=True).distinct())
    done = PutForward(left=max(len(waiting) - AT_ONCE, 0))
    for invoice_id in waiting[:AT_ONCE]:
        made = made_or_wrong(partial(_put_invoice, batch, invoice_id, reason, at=at, by=by))
        if isinstance(made, Forbidden):
            raise made
        if isinstance(made, Exception):
            done.refused.append(why(made, batch=batch.public_id, invoice=invoice_id).sentence)
        elif made is None:
            done.changed += 1
        else:
            done.made.append(made)
    return done


def _put_invoice(
    batch: CreditBatch, invoice_id: int, reason: str, *, at: datetime, by: User
) -> Proposal | None:
    """The proposal of one invoice; None where it comes to something else by now."""
    found = list(
        _waiting(batch)
        .filter(owed=invoice_id)
        .select_related("batch__incident", "invoice_line__invoice__consolidated_on")
        .order_by("pk")
    )
    worked = [(row, work_out(row, at=at)) for row in found]
    with acting_as(by.actor, reason=reason), transaction():
        rows = [(lock_row(row), figures) for row, figures in worked]
        same = [keep_anew(row, figures) for row, figures in rows]
        if not all(same):
            return None
        proposal = putting_forward.put_forward(
            wish=_wish(batch, [row for row, _ in rows], reason), by=by, at=at
        )
        CreditBatchRow.objects.filter(pk__in=[row.pk for row, _ in rows]).update(
            proposal=proposal.public_id
        )
    return proposal


def _wish(batch: CreditBatch, rows: Sequence[CreditBatchRow], reason: str) -> Wish:
    currency = rows[0].currency
    invoice = owed_on(rows[0].invoice_line.invoice)
    credits = _summed(rows)
    payload: dict[str, Any] = {
        "invoice": invoice.public_id,
        "lines": [
            {"charge": key, "amount": amount_text(minor, currency)}
            for key, minor in credits.items()
        ],
    }
    code = (
        REASON_CODES[batch.reason_code].credited_as
        if batch.line is not None
        else CreditNote.Reason.SERVICE_UNAVAILABLE
    )
    return Wish("credit_note", payload, code, reason, ticket=batch.source_number)


def _summed(rows: Sequence[CreditBatchRow]) -> dict[str, int]:
    """What rows of one owed invoice credit of it, by its charges."""
    credits: dict[str, int] = defaultdict(int)
    for row in rows:
        for key, minor in owed_credits(row.invoice_line.invoice, row.credits).items():
            credits[key] += minor
    return dict(credits)


def _waiting(batch: CreditBatch) -> Any:
    """The rows that can be put forward, each with the key of the invoice that is owed with it."""
    owed = Coalesce("invoice_line__invoice__consolidated_on", "invoice_line__invoice")
    rows = batch.rows.filter(
        state=CreditBatchRow.State.DONE, credit_minor__gt=0, proposal="", left_out_because=""
    )
    return rows.annotate(owed=owed)


@transaction_required()
def batch_heard(proposal: Proposal, at: datetime) -> None:
    """What became of a proposal, for the rows that rest on it."""
    rows = CreditBatchRow.objects.filter(proposal=proposal.public_id, settled_by="")
    if proposal.replaces is not None and proposal.state == Proposal.State.OPEN:
        replaced = CreditBatchRow.objects.filter(proposal=proposal.replaces.public_id)
        replaced.filter(settled_by="").update(proposal=proposal.public_id)
    if proposal.outcome == Proposal.Outcome.EXECUTED:
        made = proposal.executions.get(outcome=Proposal.Outcome.EXECUTED).effect_ref
        rows.update(settled_by=made)
    elif proposal.state in (Proposal.State.REJECTED, Proposal.State.WITHDRAWN):
        rows.update(proposal="")
