"""One account by what it costs, its invoices, resources and history."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts.models import Account
from accounts.permissions import Permission, permitted
from billing.invoicing.models import InvoiceTerms
from billing.invoicing.queries import invoices, month_to_date
from billing.invoicing.queries.month_to_date import MonthToDate
from billing.invoicing.queries.next_bill import next_bill
from billing.overview.queries import accounts, history, resources
from billing.overview.queries.account_history import account_history as account_history_page
from billing.publishing.queries.coming import coming_terms, with_effects
from console.shell import charts, formats
from console.shell.access import BILLING, StaffRequest, screen
from console.shell.freshness import up_to_date
from console.shell.masking import mask_contact, mask_entries, sight_of
from console.shell.query_params import lines_wanted, position_of, words
from core.clock import now
from core.money import Money


@require_GET
@screen(*BILLING)
def account(request: StaffRequest, public_id: str) -> HttpResponse:
    """Overview: the bill so far, the latest invoices and changes."""
    found, at = accounts.find(public_id), now()
    up_to_date(request, [found.pk], at=at)
    coming_bill = next_bill(found, at=at)
    bill = coming_bill.bill if coming_bill else None
    sight, head = sight_of(found, request.user, at=at), account_head(found)
    terms = InvoiceTerms.objects.filter(account=found).first()
    context = head | {
        "tab": "overview",
        "sight": sight,
        "contact": mask_contact(head["facts"].contact, sight),
        "entries": mask_entries(history.account_timeline(found, limit=6), sight),
        "bill": bill,
        "next": coming_bill,
        "chart": _daily_chart(bill, found, at) if bill else None,
        "shares": _shares(bill, found) if bill else (),
        "invoices": invoices.invoice_page(found, position=position_of(request)).rows[:6],
        "coming": coming_terms(found, at=at),
        "terms": terms,
        "threshold": _threshold(terms, found),
        "may_agree": permitted(request.user, Permission.ACCOUNTS_MAINTAIN),
    }
    return render(request, "console/accounts/account.html", context)


def _threshold(terms: InvoiceTerms | None, account: Account) -> Money | None:
    if terms is None or terms.threshold_minor is None:
        return None
    return Money.from_minor(terms.threshold_minor, account.currency)


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
def account_invoices(request: StaffRequest, public_id: str) -> HttpResponse:
    """Every invoice of the account, newest first."""
    found = accounts.find(public_id)
    page = invoices.invoice_page(found, position=position_of(request))
    context = account_head(found) | {
        "tab": "invoices",
        "page": page,
        "credit": invoices.credit(found),
    }
    return render(request, "console/accounts/account_invoices.html", context)


@require_GET
@screen(*BILLING)
def account_resources(request: StaffRequest, public_id: str) -> HttpResponse:
    """What the account owns or owned, since when and until when."""
    found = accounts.find(public_id)
    page = resources.owned_page(found, position=position_of(request))
    context = account_head(found) | {"tab": "resources", "page": page}
    return render(request, "console/accounts/account_resources.html", context)


@require_GET
@screen(*BILLING)
def account_history(request: StaffRequest, public_id: str) -> HttpResponse:
    """Everything that happened: who changed what, old → new, and why; a page at a time."""
    found = accounts.find(public_id)
    up_to_date(request, [found.pk], at=now())
    page = account_history_page(found, at=now(), after=words(request, "after"))
    entries = mask_entries(page.rows, sight_of(found, request.user, at=now()))
    context = account_head(found) | {"tab": "history", "entries": entries, "page": page}
    return render(request, "console/accounts/account_history.html", context)


def account_head(account: Account) -> dict[str, Any]:
    """What every page of an account shows."""
    return {"facts": accounts.facts(account, at=now())}


def _daily_chart(bill: MonthToDate, account: Account, at: datetime) -> charts.Bars:
    """The days of the period; each opens the events of that day."""
    events = reverse("console:events")
    days = [
        charts.BarInput(
            day=each.day,
            value=each.amount.amount,
            text=formats.money_text(each.amount),
            url=f"{events}?account={account.public_id}&on={each.day.isoformat()}",
            is_partial=each.is_open,
        )
        for each in month_to_date.by_day(bill, at=at)
    ]
    return charts.daily_bars(f"Cost by day, {formats.period_text(bill.period, bill.zone)}", days)


def _shares(bill: MonthToDate, account: Account) -> list[charts.ChartShare]:
    url = reverse("console:account-bill", args=[account.public_id])
    return charts.shares(
        [
            (each.use, each.amount.amount, formats.money_text(each.amount), url)
            for each in month_to_date.by_use(bill)
        ]
    )
