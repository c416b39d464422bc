"""Invoices: the list, and one invoice with its lines by app."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from billing.invoicing.filters import InvoiceFilters
from billing.invoicing.models import Invoice
from billing.invoicing.queries import invoices
from billing.invoicing.queries.month_change import month_change
from billing.overview.queries import history
from console.shell.access import BILLING, StaffRequest, screen
from console.shell.masking import mask_billed_to, mask_entries
from console.shell.query_params import filters_of, lines_wanted, position_of


@require_GET
@screen(*BILLING)
def invoice_list(request: StaffRequest) -> HttpResponse:
    """Invoices by billing period, narrowed by state."""
    filters = filters_of(request, InvoiceFilters)
    page = invoices.invoice_page(position=position_of(request), filters=filters)
    context = {
        "page": page,
        "state": filters.value("state"),
        "is_narrow": filters.is_narrow,
        "states": Invoice.State.choices,
    }
    return render(request, "console/invoices/invoices.html", context)


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
