"""One invoice with its lines by app."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from billing.invoicing.queries import invoices
from billing.invoicing.queries.month_change import PARTS, month_change
from billing.overview.queries import history
from billing.receivables.queries.invoice_money import invoice_money
from console.invoices.wording.change import tell_change
from console.invoices.wording.money import tell_money
from console.shell.access import BILLING, StaffRequest, screen
from console.shell.masking import mask_billed_to, mask_entries, sight_of
from console.shell.query_params import choice, lines_wanted
from core.clock import now


@require_GET
@screen(*BILLING)
def invoice(request: StaffRequest, ref: str) -> HttpResponse:
    """One invoice by number or id."""
    found = invoices.find(ref)
    detail = invoices.detail(found, lines=lines_wanted(request))
    by = choice(request, "by", PARTS) or "price"
    change = month_change(found, by=by)
    standing = None if found.is_draft else invoice_money(found, at=now())
    sight = sight_of(found.account, request.user, at=now())
    context = {
        "sight": sight,
        "invoice": detail,
        "money": tell_money(standing) if standing else None,
        "page": detail.lines,
        "row": detail.row,
        "told": tell_change(change) if change else None,
        "by": by,
        "billed_to": mask_billed_to(detail.billed_to, sight),
        "entries": mask_entries(history.invoice_timeline(found), sight),
    }
    return render(request, "console/invoices/invoice.html", context)
