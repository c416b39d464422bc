"""Credit notes and adjustments, each on a page of its own: what, why, who, what became of it."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.models import Account
from accounts.permissions import Permission, permitted
from accounts.queries.profiles import profile_at
from approvals.queries.policies import present_policy
from approvals.queries.proposals import proposal_that_made
from billing.invoicing.queries.adjustments import adjustment_detail, find_adjustment
from billing.invoicing.queries.invoices import journal_of
from billing.papers.queries.papers import papers_of_note
from billing.receivables.queries.note_detail import find_note, note_detail
from console.approvals.forms import AdjustmentUndoForm
from console.shell.access import BILLING, StaffRequest, may_any, screen
from core.clock import now


@require_GET
@screen(*BILLING)
def credit_note(request: StaffRequest, ref: str) -> HttpResponse:
    """A credit note: its lines and taxes, where its money went, its documents and its proof."""
    note = find_note(ref)
    invoice = note.invoice
    context = {
        "note": note,
        "detail": note_detail(note),
        "invoice": invoice,
        "account": invoice.account,
        "zone": invoice.zone,
        "journal": journal_of(note.public_id),
        "papers": papers_of_note(note),
        "may_take_papers": permitted(request.user, Permission.BILLING_READ),
        **_proposed(note.public_id, invoice.account, invoice.public_id),
    }
    return render(request, "console/invoices/credit_note.html", context)


@require_GET
@screen(*BILLING)
def adjustment(request: StaffRequest, public_id: str) -> HttpResponse:
    """An adjustment: what was decided and why, the invoices that bill it, what undid it."""
    found = find_adjustment(public_id)
    detail, at = adjustment_detail(found), now()
    profile = profile_at(found.account, at)
    may_undo = may_any(request.user, tuple(present_policy().proposing(AdjustmentUndoForm.kind)))
    context = {
        "adjustment": found,
        "detail": detail,
        "account": found.account,
        "zone": profile.zone if profile else "UTC",
        "may_undo": may_undo and detail.can_be_undone and found.corrects is not None,
        **_proposed(
            found.public_id, found.account, found.corrects.public_id if found.corrects else ""
        ),
    }
    return render(request, "console/invoices/adjustment.html", context)


def _proposed(ref: str, account: Account, subject: str) -> dict[str, Any]:
    """Who put it forward and who decided, the latest first."""
    proposal = proposal_that_made(ref, account=account, subject=subject)
    if proposal is None:
        return {"proposal": None, "decisions": ()}
    decisions = sorted(proposal.decisions.all(), key=lambda each: each.decided_at, reverse=True)
    return {"proposal": proposal, "decisions": decisions}
