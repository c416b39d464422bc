"""Changing a subscription: said, shown what it would come to, carried out; and taken back."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission
from billing.catalogue.models import Price
from billing.contracts.operations import changes
from billing.contracts.queries.agreed_prices import find_subscription
from billing.contracts.queries.changes import find_change, paused_now
from billing.contracts.queries.seats import seat_prices
from billing.overview.queries import accounts
from billing.whatif.models import ChangeQuote
from billing.whatif.operations import change_quotes
from billing.whatif.queries.change_quotes import find_quote, told_fees
from console.accounts.views import account_head
from console.contracts.change_forms import ChangeForm
from console.shell.access import StaffRequest, screen
from console.shell.forms import ReasonField
from core.clock import now
from core.errors import DomainError

_PAGE: Final = "console/contracts/account_change.html"


class _Withdrawing(forms.Form):
    """Why a change is taken back."""

    reason = ReasonField("Why is it withdrawn?")


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.ACCOUNTS_MAINTAIN)
def change(request: StaffRequest, public_id: str, subscription_id: str) -> HttpResponse:
    """Say what is to change, see what it would come to, carry out the quote that was seen."""
    account = accounts.find(public_id)
    subscription = find_subscription(account, subscription_id)
    data = request.POST if request.method == "POST" else None
    prices = seat_prices(subscription, max(now(), subscription.started_at))
    choices = [(each.code, each.name) for each in prices if not _of_holders(each)]
    form = ChangeForm(data, subscription=subscription, seats=choices)
    context = account_head(account) | {
        "tab": "plans",
        "subscription": subscription,
        "paused": paused_now(subscription),
        "form": form,
    }
    if data is None or not form.is_valid():
        return render(request, _PAGE, context, status=422 if form.is_bound else 200)
    try:
        if "execute" in data:
            seen = find_quote(subscription, data.get("quote", ""))
            made = change_quotes.execute(
                quote=seen, at=now(), by=request.user.actor, reason=form.cleaned_data["reason"]
            )
            done = made.effective_at <= made.asked_at
            messages.success(request, "It is done." if done else "It waits for its day.")
            return redirect("console:account-plans", account.public_id)
        quote = change_quotes.quote(
            subscription=subscription, ask=form.ask, at=now(), by=request.user.actor
        )
    except DomainError as problem:
        fresh = _fresh(problem)
        shown = context | {"problem": problem} | (_told(fresh) if fresh else {})
        return render(request, _PAGE, shown, status=problem.status)
    return render(request, _PAGE, context | _told(quote))


def _of_holders(price: Price) -> bool:
    rule = price.to_rating().seats
    return rule is not None and rule.of_holders


def _fresh(problem: DomainError) -> ChangeQuote | None:
    """The quote that a refusal gives instead."""
    ref = str(problem.context.get("quote", ""))
    stale = isinstance(problem, change_quotes.QuoteStale)
    return ChangeQuote.objects.get(public_id=ref) if stale else None


def _told(quote: ChangeQuote) -> dict[str, Any]:
    return {"quote": quote, "fees": told_fees(quote)}


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.ACCOUNTS_MAINTAIN)
def withdraw(request: StaffRequest, public_id: str, change_id: str) -> HttpResponse:
    """Take back a change that waits for its day."""
    account = accounts.find(public_id)
    found = find_change(account, change_id)
    form = _Withdrawing(request.POST if request.method == "POST" else None)
    context = account_head(account) | {"tab": "plans", "change": found, "form": form}
    page = "console/contracts/account_change_withdraw.html"
    if not form.is_valid():
        return render(request, page, context, status=422 if form.is_bound else 200)
    try:
        changes.withdraw(
            change=found, at=now(), by=request.user.actor, reason=form.cleaned_data["reason"]
        )
    except DomainError as problem:
        return render(request, page, context | {"problem": problem}, status=problem.status)
    messages.success(request, "It is withdrawn; nothing changes.")
    return redirect("console:account-plans", account.public_id)
