"""Invoices of another billing system, beside ours."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from billing.legacy import queries
from billing.legacy.models import LegacyInvoice
from console.runs import sheets
from console.shell.access import BILLING, StaffRequest, screen, sees_personal_data
from console.shell.query_params import position_of
from core.money import Money


@require_GET
@screen(*BILLING)
def legacy_list(request: StaffRequest, kind: str = "") -> HttpResponseBase:
    """Imports, newest first, and each system's months beside ours."""
    if kind:
        return sheets.IMPORTS.of_pages(kind, queries.import_page)
    context = {
        "page": queries.import_page(position=position_of(request)),
        "systems": [(each, queries.months_beside(each)) for each in queries.systems()],
    }
    return render(request, "console/runs/legacy_imports.html", context)


@require_GET
@screen(*BILLING)
def legacy_import(request: StaffRequest, public_id: str, kind: str = "") -> HttpResponseBase:
    """One import: its files, its sums, and what it brought."""
    found = queries.find_import(public_id)
    if kind:
        return sheets.LEGACY_INVOICES.of_pages(kind, partial(queries.invoices_of_import, found))
    page = queries.invoices_of_import(found, position=position_of(request))
    context = {"import": found, "page": page, "currencies": found.summary["currencies"]}
    return render(request, "console/runs/legacy_import.html", context)


@require_GET
@screen(*BILLING)
def legacy_invoice(request: StaffRequest, public_id: str) -> HttpResponse:
    """One invoice as it was read, each line with the row it came from."""
    found = queries.find_invoice(public_id)
    context = {
        "invoice": found,
        "lines": [_shown(each, found) for each in found.content["lines"]],
        "settlements": [_shown(each, found) for each in found.content["settlements"]],
        # What nobody read may be anybody's address.
        "unmapped": found.content["origin"]["unmapped"] if sees_personal_data(request.user) else {},
    }
    return render(request, "console/runs/legacy_invoice.html", context)


def _shown(row: dict[str, Any], invoice: LegacyInvoice) -> dict[str, Any]:
    return row | {"money": Money(Decimal(row["amount"]), invoice.currency)}
