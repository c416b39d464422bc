"""The list of invoices: narrowed, sorted and summed; the same as a file."""

from __future__ import annotations

from typing import Final

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from billing.invoicing.filters import InvoiceFilters
from billing.invoicing.models import Invoice
from billing.invoicing.queries.invoice_list import (
    INVOICE_ORDERS,
    every_invoice,
    invoice_totals,
    listed_invoices,
)
from console.shell.access import BILLING, StaffRequest, screen
from console.shell.files import list_file
from console.shell.query_params import filters_of, position_of
from console.shell.sorting import choices_of, sorting_of
from core.csv_out import instant_text
from core.money import Money

USUAL: Final = "-period"
SORTS: Final = choices_of(
    {
        "period": ("Oldest period first", "Newest period first"),
        "number": ("Lowest number first", "Highest number first"),
        "account": ("Account, A to Z", "Account, Z to A"),
        "issued": ("Issued longest ago first", "Issued last first"),
        "due": ("Due soonest first", "Due last first"),
        "total": ("Smallest total first", "Largest total first"),
    }
)
COLUMNS: Final = (
    "number", "id", "state", "account_id", "account", "period_from", "period_until", "zone",
    "currency", "subtotal", "tax", "carried", "total", "issued_at", "due_on",
)  # fmt: skip


@require_GET
@screen(*BILLING)
def invoice_list(request: StaffRequest) -> HttpResponse:
    """Invoices by billing period, the newest first unless asked otherwise, and their sums."""
    filters = filters_of(request, InvoiceFilters, "sort")
    sorting = sorting_of(request, INVOICE_ORDERS, USUAL)
    context = {
        "page": listed_invoices(filters, order=sorting.order, position=position_of(request)),
        "totals": invoice_totals(filters, order=sorting.order),
        "filters": filters,
        "sorting": sorting,
        "sorts": SORTS,
        "state": filters.value("state"),
    }
    return render(request, "console/invoices/invoices.html", context)


@require_GET
@screen(*BILLING)
def invoice_file(request: StaffRequest, kind: str) -> HttpResponseBase:
    """Every invoice of the list, in its order, as a file; periods on the clock of each."""
    filters = filters_of(request, InvoiceFilters, "sort")
    sorting = sorting_of(request, INVOICE_ORDERS, USUAL)
    rows = every_invoice(filters, order=sorting.order)
    return list_file(kind, "invoices", COLUMNS, map(_cells, rows))


def _cells(invoice: Invoice) -> list[object]:
    sums = (
        invoice.subtotal_minor,
        invoice.tax_minor,
        invoice.carried_minor,
        invoice.total_minor,
    )
    return [
        invoice.number or "",
        invoice.public_id,
        invoice.state,
        invoice.account.public_id,
        invoice.account.name,
        instant_text(invoice.period_from, invoice.zone),
        instant_text(invoice.period_until, invoice.zone),
        invoice.zone,
        invoice.currency,
        *(Money.from_minor(minor, invoice.currency).amount for minor in sums),
        instant_text(invoice.issued_at, invoice.zone) if invoice.issued_at else "",
        invoice.due_on.isoformat() if invoice.due_on else "",
    ]
