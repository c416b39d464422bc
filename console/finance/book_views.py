"""The books as of an instant: every book as effective and as booked, side by side."""

from __future__ import annotations

from itertools import groupby

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from billing.ledger.queries.balances import BookRow, trial_balance
from console.finance.list_files import end_asked
from console.shell.access import BILLING, StaffRequest, screen
from console.shell.query_params import day_of


@require_GET
@screen(*BILLING)
def books(request: StaffRequest) -> HttpResponse:
    """Balances at the end of a day, or now."""
    day, at = day_of(request, "on"), end_asked(request)
    rows = trial_balance(at=at)
    by_currency = [(currency, list(of)) for currency, of in groupby(rows, key=_currency)]
    context = {"day": day, "at": at, "by_currency": by_currency}
    return render(request, "console/finance/books.html", context)


def _currency(row: BookRow) -> str:
    return row.effective.currency
