"""Late usage: every difference with its one fate, and putting forward that one is let go of.

Leaving a difference alone bills it: the next run puts it on the next invoice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from functools import partial
from typing import Any, Final

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.permissions import Permission, permitted
from approvals.queries.mandates import mandates_for
from billing.invoicing.filters import LateUsageFilters
from billing.invoicing.models import Invoice
from billing.invoicing.operations import late_usage
from billing.invoicing.queries import invoices
from billing.invoicing.queries import late_usage as late_ledger
from billing.invoicing.queries.late_usage import OpenRow
from billing.overview.queries import accounts
from console.approvals.asking import ask
from console.shell.access import BILLING, StaffRequest, screen
from console.shell.freshness import up_to_date
from console.shell.query_params import choice, filters_of, month_of, position_of, words
from console.shell.sheets import READ_AT_ONCE
from console.shell.stamped_forms import shown_again
from console.usage import sheets
from console.usage.forms import WaivesForm, Withholds
from core.clock import now
from core.db.keyset_pages import Page, Position
from core.errors import DomainError
from core.periods import Period, local_midnight, month_day
from usage.operations.settling import bring_up_to_date

WAIVE: Final = Permission.CREDIT_PROPOSE
FATES: Final = {"open": "Open", "billed": "Billed", "waived": "Waived"}


@require_GET
@screen(*BILLING)
def late_list(request: StaffRequest, kind: str = "") -> HttpResponseBase:
    """Differences of one fate, of one account or of all."""
    # What is open has no decision yet.
    filters_of(request, LateUsageFilters, "fate", "account", "ended_in")
    fate = choice(request, "fate", FATES) or "open"
    wanted = words(request, "account")
    account = accounts.find(wanted) if wanted else None
    account_id = account.pk if account else None
    shown = {account.pk} if account else set()
    at = now()
    month = month_of(request, "ended_in") if fate == "open" else None
    context: dict[str, Any] = {
        "month": month,
        "fate": fate,
        "fates": FATES.items(),
        "account": account,
        "may_waive": permitted(request.user, WAIVE),
        "may_dispute": permitted(request.user, Permission.DISPUTE_HANDLE),
        "now": at,
    }
    if fate == "open":
        ended_in = _in_utc(month) if month else None
        read = partial(late_ledger.issued_page, at=at, account_id=account_id, ended_in=ended_in)
        if kind:
            return sheets.LATE_OPEN.of_rows(kind, _short_of(read, at=at))
        issued = read(position=position_of(request))
        shown |= {invoice.account_id for invoice in issued.rows}
    decided = partial(late_ledger.decided_page, fate=fate, account_id=account_id)
    if kind:
        return sheets.LATE_DECIDED.of_pages(kind, decided)
    up_to_date(request, shown, at=at)
    if account is not None:
        context["sums"] = late_ledger.sums_of(account)
    if fate == "open":
        context["page"] = late_ledger.open_page(issued)
    else:
        context["page"] = decided(position=position_of(request))
    return render(request, "console/usage/late.html", context)


def _short_of(read: Callable[..., Page[Invoice]], *, at: datetime) -> Iterator[OpenRow]:
    """The invoices that are short of something, whatever page they stand on; the last period first.
    Usage of each is brought up to date before it is read.
    """
    place = Position(size=READ_AT_ONCE)
    while True:
        issued = read(position=place)
        bring_up_to_date({each.account_id for each in issued.rows}, at=at)
        yield from late_ledger.open_page(issued).rows
        if not issued.older:
            return
        place = Position(after=issued.older, size=READ_AT_ONCE)


def _in_utc(month: date) -> Period:
    """A month of the books."""
    first, following = (local_midnight(month_day(month, each), "UTC") for each in (0, 1))
    return Period(first, following)


@require_http_methods(["GET", "HEAD", "POST"])
@screen(WAIVE)
def waive(request: StaffRequest, ref: str) -> HttpResponse:
    """Show what would be let go of; put forward once a reason is given."""
    invoice = invoices.find(ref)
    up_to_date(request, [invoice.account_id], at=now())
    found = late_ledger.open_of(invoice)
    form_class = Withholds if found.is_owed else WaivesForm
    form = form_class(request.POST or None, made_from=found.stamp)
    context: dict[str, Any] = {"open": found, "form": form}
    if not found.is_owed:
        context["mandates"] = mandates_for(form.kind, at=now())
    if request.method == "POST" and form.is_valid():
        try:
            late_usage.require_as_seen(invoice, form.seen)
            return ask(request, form.wish({"invoice": invoice.public_id}))
        except DomainError as problem:
            context["open"] = late_ledger.open_of(invoice)
            return shown_again(request, "console/usage/late_waive.html", context, problem)
    return render(request, "console/usage/late_waive.html", context)
