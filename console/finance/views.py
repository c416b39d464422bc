"""Who owes what since when, and the statement of one account."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.permissions import Permission, permitted
from billing.invoicing.focus.columns import FocusVersion
from billing.overview.queries import accounts
from billing.receivables.queries.dunning import delinquency
from billing.receivables.queries.free_money import free_money
from billing.receivables.queries.payers import receivables as receivables_page
from billing.receivables.queries.promises import promises_of
from billing.receivables.queries.statement import statement
from console.accounts.views import account_head
from console.finance.ageing_text import aged_columns
from console.finance.list_files import end_asked
from console.finance.ranges import days_asked
from console.shell.access import BILLING, StaffRequest, screen
from console.shell.query_params import day_of
from core.clock import now


@require_GET
@screen(*BILLING)
def receivables(request: StaffRequest) -> HttpResponse:
    """What is open of all payers by age, at the end of a day or now."""
    day, at = day_of(request, "on"), end_asked(request)
    page = receivables_page(at=at)
    context = {
        "tab": "receivables",
        "page": page,
        "at": at,
        "day": day,
        "sums": [(row, aged_columns(row)) for row in page.sums],
        "rows": [(each.payer, each.aged, aged_columns(each.aged)) for each in page.rows],
    }
    return render(request, "console/finance/receivables.html", context)


@require_GET
@screen(*BILLING)
def account_statement(request: StaffRequest, public_id: str) -> HttpResponse:
    """What the account owed, what happened and what it owes, over days of its own clock."""
    found = accounts.find(public_id)
    head = account_head(found)
    at = now()
    asked = days_asked(request, head["facts"].zone)
    days = asked.as_query()
    context = head | {
        "tab": "statement",
        "statement": statement(found, period=asked.period, currency=found.currency),
        "standing": delinquency(found, at=at),
        "free": free_money(found),
        "promises": promises_of(found, at=at),
        "may_record": permitted(request.user, Permission.PAYMENT_RECORD),
        "first": asked.first,
        "last": asked.last,
        "zone": asked.zone,
        "days": days,
        "versions": [(f"FOCUS {each}", f"{days}&version={each}") for each in FocusVersion],
    }
    return render(request, "console/finance/statement.html", context)
