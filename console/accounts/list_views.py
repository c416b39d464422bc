"""The list of accounts: narrowed, sorted and summed; the same as a file."""

from __future__ import annotations

from typing import Final

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from billing.overview.filters import BilledAccountFilters
from billing.overview.queries.account_list import (
    ACCOUNT_ORDERS,
    ListedAccount,
    account_page,
    account_totals,
    every_account,
)
from console.shell.access import BILLING, StaffRequest, screen
from console.shell.files import list_file
from console.shell.masking import PersonalSight, mask_contact, sight_in_files
from console.shell.query_params import filters_of, position_of
from console.shell.sorting import choices_of, sorting_of
from core.clock import now
from core.csv_out import instant_text

USUAL: Final = "name"
SORTS: Final = choices_of(
    {
        "name": ("Name, A to Z", "Name, Z to A"),
        "opened": ("Opened longest ago first", "Opened last first"),
        "total": ("Smallest last invoice first", "Largest last invoice first"),
    }
)
COLUMNS: Final = (
    "id", "name", "kind", "state", "parent", "plans", "zone", "opened_at", "closed_at",
    "legal_name", "tax_id", "email", "currency", "last_invoice", "last_period_from", "last_total",
)  # fmt: skip


@require_GET
@screen(*BILLING)
def account_list(request: StaffRequest) -> HttpResponse:
    """Accounts by name unless asked otherwise, and what their last invoices come to."""
    filters = filters_of(request, BilledAccountFilters, "sort")
    sorting, at = sorting_of(request, ACCOUNT_ORDERS, USUAL), now()
    order = sorting.order
    context = {
        "page": account_page(filters, order=order, at=at, position=position_of(request)),
        "totals": account_totals(filters, order=order, at=at),
        "filters": filters,
        "sorting": sorting,
        "sorts": SORTS,
    }
    return render(request, "console/accounts/accounts.html", context)


@require_GET
@screen(*BILLING)
def account_file(request: StaffRequest, kind: str) -> HttpResponseBase:
    """Every account of the list, in its order, as a file; personal data as the role may see it."""
    filters = filters_of(request, BilledAccountFilters, "sort")
    sorting = sorting_of(request, ACCOUNT_ORDERS, USUAL)
    sight = sight_in_files(request.user)
    rows = every_account(filters, order=sorting.order, at=now())
    return list_file(kind, "accounts", COLUMNS, (_cells(each, sight) for each in rows))


def _cells(listed: ListedAccount, sight: PersonalSight) -> list[object]:
    row, last = listed.row, listed.row.last_invoice
    contact = mask_contact(listed.contact, sight)
    return [
        row.public_id,
        row.name,
        row.kind,
        row.state,
        row.parent.name if row.parent else "",
        ", ".join(row.plans),
        listed.zone,
        instant_text(row.opened_at, "UTC"),
        instant_text(row.closed_at, "UTC") if row.closed_at else "",
        *((contact.legal_name, contact.tax_id, contact.email) if contact else ("", "", "")),
        listed.currency,
        last.ref if last else "",
        instant_text(last.period.start, last.zone) if last else "",
        last.total.amount if last else "",
    ]
