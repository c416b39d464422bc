"""One account in one place: what it owes and will owe, what is open, what it has, what happened.

With `as_of` in the address, what was known of it at that instant (as_of_views).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts.models import Account
from accounts.permissions import Permission, permitted
from billing.invoicing.models import InvoiceTerms
from billing.invoicing.queries import invoices, month_to_date
from billing.invoicing.queries.expected import expected
from billing.invoicing.queries.month_forecast import month_forecast
from billing.invoicing.queries.month_to_date import DayAmount, MonthToDate
from billing.invoicing.queries.next_bill import next_bill
from billing.overview.queries import accounts
from billing.overview.queries.account_standing import SHOWN, account_standing
from billing.overview.queries.timeline.page import TimelineScope, timeline_page
from billing.publishing.queries.coming import coming_terms
from console.accounts.as_of_views import account_as_of, moment_asked
from console.accounts.forecast_picture import forecast_picture
from console.accounts.timeline_text import chips, shown_entries
from console.accounts.views import account_head
from console.shell import charts, formats
from console.shell.access import BILLING, StaffRequest, screen
from console.shell.freshness import up_to_date
from console.shell.masking import mask_contact, sight_of
from core.clock import now
from core.db.keyset_pages import Position
from core.money import Money

LATEST: Final = 8
INVOICES_SHOWN: Final = 6


@require_GET
@screen(*BILLING)
def account(request: StaffRequest, public_id: str) -> HttpResponse:
    """The bill so far and its forecast, the balance, what waits, and the latest of all kinds."""
    found, at = accounts.find(public_id), now()
    then = moment_asked(request, found)
    if then is not None:
        return account_as_of(request, found, then=then, now=at)
    up_to_date(request, [found.pk], at=at)
    head, sight = account_head(found), sight_of(found, request.user, at=at)
    terms = InvoiceTerms.objects.filter(account=found).first()
    latest = timeline_page(found, at=at, scope=TimelineScope(), position=Position(), size=LATEST)
    context = (
        head
        | _bill(found, at)
        | {
            "tab": "overview",
            "sight": sight,
            "contact": mask_contact(head["facts"].contact, sight),
            "standing": account_standing(found, at=at),
            "shown": SHOWN,
            "timeline": shown_entries(latest, user=request.user, sight=sight),
            "chips": chips(None),
            "invoices": invoices.invoice_page(found, position=Position()).rows[:INVOICES_SHOWN],
            "coming": coming_terms(found, at=at),
            "terms": terms,
            "threshold": _threshold(terms, found),
            "may_agree": permitted(request.user, Permission.ACCOUNTS_MAINTAIN),
            "now": at,
        }
    )
    return render(request, "console/accounts/account.html", context)


def _bill(account: Account, at: datetime) -> dict[str, Any]:
    """The bill so far, by day and by use, and what it will likely come to."""
    coming = next_bill(account, at=at)
    bill = coming.bill if coming else None
    if bill is None:
        return {"bill": None, "next": None, "chart": None, "shares": (), "forecast": None}
    days = month_to_date.by_day(bill, at=at)
    forecast = None
    if bill.problem is None:
        forecast = month_forecast(days, expected([account.pk]).get(account.pk))
    return {
        "bill": bill,
        "next": coming,
        "chart": _daily_chart(bill, account, days),
        "shares": _shares(bill, account),
        "forecast": forecast,
        "picture": forecast_picture(days, forecast) if forecast else None,
    }


def _threshold(terms: InvoiceTerms | None, account: Account) -> Money | None:
    if terms is None or terms.threshold_minor is None:
        return None
    return Money.from_minor(terms.threshold_minor, account.currency)


def _daily_chart(bill: MonthToDate, account: Account, days: list[DayAmount]) -> charts.Bars:
    """The days of the period; each opens the events of that day."""
    events = reverse("console:events")
    bars = [
        charts.BarInput(
            day=each.day,
            value=each.amount.amount,
            text=formats.money_text(each.amount),
            url=f"{events}?account={account.public_id}&on={each.day.isoformat()}",
            is_partial=each.is_open,
        )
        for each in days
    ]
    return charts.daily_bars(f"Cost by day, {formats.period_text(bill.period, bill.zone)}", bars)


def _shares(bill: MonthToDate, account: Account) -> list[charts.ChartShare]:
    url = reverse("console:account-bill", args=[account.public_id])
    return charts.shares(
        [
            (each.use, each.amount.amount, formats.money_text(each.amount), url)
            for each in month_to_date.by_use(bill)
        ]
    )
