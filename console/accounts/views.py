"""The parts of one account: its bill so far, invoices, resources and timeline."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.models import Account
from billing.invoicing.queries import invoices, month_to_date
from billing.invoicing.queries.next_bill import next_bill
from billing.overview.queries import accounts, resources
from billing.overview.queries.timeline.page import (
    TimelineEntry,
    TimelineScope,
    timeline_page,
)
from billing.publishing.queries.coming import coming_terms, with_effects
from console.accounts import sheets
from console.accounts.as_of_views import kind_asked
from console.accounts.timeline_text import ShownEntry, chips, shown_entries
from console.shell.access import BILLING, StaffRequest, screen
from console.shell.freshness import up_to_date
from console.shell.masking import sight_in_files, sight_of
from console.shell.query_params import lines_wanted, position_of
from core.clock import now
from core.db.keyset_pages import Page


@require_GET
@screen(*BILLING)
def account_bill(request: StaffRequest, public_id: str) -> HttpResponse:
    """The lines the bill would have if the period ended now, and what will join or change it."""
    found, at = accounts.find(public_id), now()
    up_to_date(request, [found.pk], at=at)
    coming_bill = next_bill(found, at=at)
    bill = coming_bill.bill if coming_bill else None
    context = account_head(found) | {
        "tab": "bill",
        "bill": bill,
        "page": month_to_date.lines_of(bill, wanted=lines_wanted(request)) if bill else None,
        "next": coming_bill,
        "coming": with_effects(coming_terms(found, at=at), found, at=at),
    }
    return render(request, "console/accounts/account_bill.html", context)


@require_GET
@screen(*BILLING)
def account_invoices(request: StaffRequest, public_id: str, kind: str = "") -> HttpResponseBase:
    """Every invoice of the account, newest first."""
    found = accounts.find(public_id)
    if kind:
        return sheets.INVOICES.of_pages(kind, partial(invoices.invoice_page, found))
    page = invoices.invoice_page(found, position=position_of(request))
    context = account_head(found) | {
        "tab": "invoices",
        "page": page,
        "credit": invoices.credit(found),
    }
    return render(request, "console/accounts/account_invoices.html", context)


@require_GET
@screen(*BILLING)
def account_resources(request: StaffRequest, public_id: str, kind: str = "") -> HttpResponseBase:
    """What the account owns or owned, since when and until when."""
    found = accounts.find(public_id)
    if kind:
        return sheets.RESOURCES.of_pages(kind, partial(resources.owned_page, found))
    page = resources.owned_page(found, position=position_of(request))
    context = account_head(found) | {"tab": "resources", "page": page}
    return render(request, "console/accounts/account_resources.html", context)


@require_GET
@screen(*BILLING)
def account_history(request: StaffRequest, public_id: str, kind: str = "") -> HttpResponseBase:
    """Everything that happened, of one kind or of all: who, old → new, and why."""
    found, at = accounts.find(public_id), now()
    up_to_date(request, [found.pk], at=at)
    about = kind_asked(request)
    read = partial(timeline_page, found, at=at, scope=TimelineScope(about))
    if kind:
        return sheets.TIMELINE.of_pages(kind, _as_filed(read, request))
    page, sight = read(position=position_of(request)), sight_of(found, request.user, at=at)
    context = account_head(found) | {
        "tab": "history",
        "page": shown_entries(page, user=request.user, sight=sight),
        "chips": chips(about),
    }
    return render(request, "console/accounts/account_history.html", context)


def _as_filed(
    read: Callable[..., Page[TimelineEntry]], request: StaffRequest
) -> Callable[..., Page[ShownEntry]]:
    """A timeline with what a file may hold of it."""
    sight = sight_in_files(request.user)
    return lambda position: shown_entries(read(position=position), user=request.user, sight=sight)


def account_head(account: Account) -> dict[str, Any]:
    """What every page of an account shows."""
    return {"facts": accounts.facts(account, at=now())}
