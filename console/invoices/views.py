"""One invoice with its lines by app."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from billing.invoicing.queries import invoices
from billing.invoicing.queries.month_change import month_change
from billing.overview.queries import history
from console.shell.access import BILLING, StaffRequest, screen
from console.shell.masking import mask_billed_to, mask_entries
from console.shell.query_params import lines_wanted


@require_GET
@screen(*BILLING)
def invoice(request: StaffRequest, ref: str) -> HttpResponse:
    """One invoice by number or id."""
    found = invoices.find(ref)
    detail = invoices.detail(found, lines=lines_wanted(request))
    context = {
        "invoice": detail,
        "page": detail.lines,
        "row": detail.row,
        "change": month_change(found),
        "billed_to": mask_billed_to(detail.billed_to, request.user),
        "entries": mask_entries(history.invoice_timeline(found), request.user),
    }
    return render(request, "console/invoices/invoice.html", context)
