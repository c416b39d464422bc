"""Late usage: every difference with its one fate, and waiving what is open.

Leaving a difference alone bills it: the next run puts it on the next invoice.
"""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from accounts.permissions import Permission, permitted
from billing.invoicing.filters import LateUsageFilters
from billing.invoicing.operations import late_usage
from billing.invoicing.queries import invoices
from billing.invoicing.queries import late_usage as late_ledger
from billing.overview.queries import accounts
from console.shell import formats
from console.shell.access import BILLING, StaffRequest, screen
from console.shell.freshness import up_to_date
from console.shell.query_params import choice, filters_of, position_of, words
from console.shell.stamped_forms import shown_again
from console.usage.forms import Decides, Withholds
from core.clock import now
from core.db.stamps import ChangedSince
from core.money import Money

WAIVE: Final = Permission.CREDIT_APPROVE
FATES: Final = {"open": "Open", "billed": "Billed", "waived": "Waived"}


@require_GET
@screen(*BILLING)
def late_list(request: StaffRequest) -> HttpResponse:
    """Differences of one fate, of one account or of all."""
    filters_of(request, LateUsageFilters, "fate", "account")  # what is open has no decision yet
    fate = choice(request, "fate", FATES) or "open"
    wanted = words(request, "account")
    account = accounts.find(wanted) if wanted else None
    account_id = account.pk if account else None
    shown = {account.pk} if account else set()
    place, at = position_of(request), now()
    context: dict[str, Any] = {
        "fate": fate,
        "fates": FATES.items(),
        "account": account,
        "may_waive": permitted(request.user, WAIVE),
        "now": at,
    }
    if fate == "open":
        issued = late_ledger.issued_page(position=place, at=at, account_id=account_id)
        shown |= {invoice.account_id for invoice in issued.rows}
    up_to_date(request, shown, at=at)
    if account is not None:
        context["sums"] = late_ledger.sums_of(account)
    if fate == "open":
        context["page"] = late_ledger.open_page(issued)
    else:
        context["page"] = late_ledger.decided_page(position=place, fate=fate, account_id=account_id)
    return render(request, "console/usage/late.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@screen(WAIVE)
def waive(request: StaffRequest, ref: str) -> HttpResponse:
    """Show what would be let go of; let go once a reason is given."""
    invoice = invoices.find(ref)
    up_to_date(request, [invoice.account_id], at=now())
    found = late_ledger.open_of(invoice)
    kind = Withholds if found.is_owed else Decides
    form = kind(request.POST or None, made_from=found.stamp)
    context = {"open": found, "form": form}
    if request.method == "POST" and form.is_valid():
        try:
            decision = late_usage.waive(
                invoice=invoice,
                at=now(),
                by=request.user.actor,
                reason=form.cleaned_data["reason"],
                made_from=form.seen,
            )
        except ChangedSince as changed:
            context["open"] = late_ledger.open_of(invoice)
            return shown_again(request, "console/usage/late_waive.html", context, changed)
        messages.success(request, _said(late_ledger.amount_of(decision)))
        return redirect(
            f"{reverse('console:late')}?account={invoice.account.public_id}&fate=waived"
        )
    return render(request, "console/usage/late_waive.html", context)


def _said(amount: Money) -> str:
    if amount.minor < 0:
        return f"{formats.money_text(-amount)} owed to the customer will not be given back."
    return f"{formats.money_text(amount)} of late usage was waived."
