"""Payments: the list, the same as a file, and one with all that became of it."""

from __future__ import annotations

from typing import Final

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.permissions import Permission, permitted
from billing.receivables.filters import PaymentFilters
from billing.receivables.models import Payment
from billing.receivables.queries.payment_list import (
    PAYMENT_ORDERS,
    every_payment,
    find_payment,
    listed_payments,
    payment_totals,
    payment_use,
)
from console.shell.access import BILLING, StaffRequest, screen
from console.shell.files import list_file
from console.shell.masking import sight_of
from console.shell.query_params import filters_of, position_of
from console.shell.sorting import choices_of, sorting_of
from core.clock import now
from core.csv_out import instant_text

RECORD: Final = Permission.PAYMENT_RECORD
USUAL: Final = "-received"
SORTS: Final = choices_of(
    {
        "received": ("Received longest ago first", "Received last first"),
        "payer": ("Payer, A to Z", "Payer, Z to A"),
        "amount": ("Smallest amount first", "Largest amount first"),
    }
)
COLUMNS: Final = (
    "id", "payer_id", "payer", "currency", "amount", "method", "source", "external_key",
    "received_at", "recorded_at", "recorded_by", "reason",
)  # fmt: skip


@require_GET
@screen(*BILLING)
def payment_list(request: StaffRequest) -> HttpResponse:
    """Payments by receipt, the newest first unless asked otherwise, and their sums."""
    filters = filters_of(request, PaymentFilters, "sort")
    sorting = sorting_of(request, PAYMENT_ORDERS, USUAL)
    context = {
        "tab": "payments",
        "page": listed_payments(filters, order=sorting.order, position=position_of(request)),
        "totals": payment_totals(filters, order=sorting.order),
        "filters": filters,
        "sorting": sorting,
        "sorts": SORTS,
    }
    return render(request, "console/finance/payments.html", context)


@require_GET
@screen(*BILLING)
def payment_file(request: StaffRequest, kind: str) -> HttpResponseBase:
    """Every payment of the list, in its order, as a file; instants are UTC."""
    filters = filters_of(request, PaymentFilters, "sort")
    sorting = sorting_of(request, PAYMENT_ORDERS, USUAL)
    rows = every_payment(filters, order=sorting.order)
    return list_file(kind, "payments", COLUMNS, map(_cells, rows))


def _cells(payment: Payment) -> list[object]:
    return [
        payment.public_id,
        payment.account.public_id,
        payment.account.name,
        payment.currency,
        payment.amount.amount,
        payment.method,
        payment.source,
        payment.external_key,
        instant_text(payment.received_at, "UTC"),
        instant_text(payment.recorded_at, "UTC"),
        payment.recorded_by,
        payment.reason,
    ]


@require_GET
@screen(*BILLING)
def payment(request: StaffRequest, public_id: str) -> HttpResponse:
    """One payment: where it came from, what it settled, what was taken back, what is left."""
    found = find_payment(public_id)
    sight = sight_of(found.account, request.user, at=now())
    context = {
        "use": payment_use(found),
        "payment": found,
        "reference": sight.show(found.reference) if found.reference else "",
        "may_record": permitted(request.user, RECORD),
    }
    return render(request, "console/finance/payment.html", context)
