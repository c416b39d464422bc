"""Seats of a subscription: who holds them, over time; taking one and leaving it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission
from billing.contracts.operations import seats
from billing.contracts.queries.agreed_prices import find_subscription
from billing.contracts.queries.seats import find_seat, seat_prices, seats_of_account
from billing.overview.queries import accounts
from console.accounts.views import account_head
from console.contracts.timeline import seat_bars
from console.shell.access import StaffRequest, screen
from console.shell.forms import ReasonField, instant_field
from core.clock import now
from core.errors import DomainError

_PAGE: Final = "console/contracts/account_seats.html"


class SeatForm(forms.Form):
    """Who takes or leaves a seat, and since when."""

    seats = forms.ChoiceField(label="Seats of")
    holder = forms.CharField(
        label="Who", max_length=200, help_text="As the platform calls them, such as an address."
    )
    since = instant_field("Since", "In UTC.")
    reason = ReasonField()

    def __init__(self, *args: Any, prices: Sequence[tuple[str, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["seats"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(prices)


class LeavingForm(forms.Form):
    """Since when somebody holds a seat no more."""

    since = instant_field("Since", "In UTC.")
    reason = ReasonField()


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.ACCOUNTS_MAINTAIN)
def seat_take(request: StaffRequest, public_id: str, subscription_id: str) -> HttpResponse:
    """Who holds the seats of a subscription; somebody takes one."""
    account = accounts.find(public_id)
    subscription = find_subscription(account, subscription_id)
    at = now()
    prices = seat_prices(subscription, max(at, subscription.started_at))
    data = request.POST if request.method == "POST" else None
    form = SeatForm(
        data,
        prices=[(each.code, each.name) for each in prices],
        initial={"since": at.replace(second=0, microsecond=0)},
    )
    rows = [each for each in seats_of_account(account) if each.subscription == subscription_id]
    context = account_head(account) | {
        "tab": "plans",
        "subscription": subscription,
        "form": form,
        "has_seats": bool(prices),
        "seats": seat_bars(rows, at=at),
        "holders": [each for each in rows if not each.is_bought],
    }
    if not form.is_valid():
        return render(request, _PAGE, context, status=422 if form.is_bound else 200)
    said = form.cleaned_data
    try:
        made = seats.take(
            subscription=subscription,
            price_code=said["seats"],
            holder=said["holder"],
            since=said["since"],
            at=at,
            by=request.user.actor,
            reason=said["reason"],
        )
    except DomainError as problem:
        return render(request, _PAGE, context | {"problem": problem}, status=problem.status)
    messages.success(request, f"{made.holder} holds a seat.")
    return redirect("console:account-seats", account.public_id, subscription.public_id)


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.ACCOUNTS_MAINTAIN)
def seat_leave(request: StaffRequest, public_id: str, seat_id: str) -> HttpResponse:
    """Somebody holds a seat no more."""
    account = accounts.find(public_id)
    seat = find_seat(account, seat_id)
    at = now()
    data = request.POST if request.method == "POST" else None
    form = LeavingForm(data, initial={"since": at.replace(second=0, microsecond=0)})
    context = account_head(account) | {"tab": "plans", "seat": seat, "form": form}
    page = "console/contracts/account_seat_leave.html"
    if not form.is_valid():
        return render(request, page, context, status=422 if form.is_bound else 200)
    said = form.cleaned_data
    try:
        seats.leave(
            seat=seat, since=said["since"], at=at, by=request.user.actor, reason=said["reason"]
        )
    except DomainError as problem:
        return render(request, page, context | {"problem": problem}, status=problem.status)
    messages.success(request, f"{seat.holder} holds the seat no more.")
    return redirect("console:account-seats", account.public_id, seat.subscription.public_id)
