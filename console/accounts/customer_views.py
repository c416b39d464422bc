"""Look at an account as a partner or customer is shown it: read only, with a reason, recorded."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.models import Account
from accounts.models.desks import LOOKS_FOR
from accounts.operations import desks
from accounts.queries.desks import look_of, readers_of
from billing.overview.queries import accounts
from console.accounts.customer_door import OF_INVOICE, PAGES, shown_to
from console.shell.access import BILLING, StaffRequest, screen
from console.shell.forms import ReasonField
from console.shell.masking import sight_of
from console.shell.query_params import choice, words
from core.clock import now

_PAGE: Final = "console/accounts/account_as_customer.html"
MINUTES: Final = LOOKS_FOR.seconds // 60


class LooksForm(forms.Form):
    """Why somebody wants to see what the customer sees."""

    reason = ReasonField("What do you need to see it for?")


@require_http_methods(["GET", "HEAD", "POST"])
@screen(*BILLING)
def as_customer(request: StaffRequest, public_id: str) -> HttpResponse:
    """The account as one of its readers is shown it, once it was said why."""
    account, at = accounts.find(public_id), now()
    if request.method == "POST":
        form = LooksForm(request.POST)
        if form.is_valid():
            reason = form.cleaned_data["reason"]
            desks.look_as_customer(account=account, by=request.user, at=at, reason=reason)
            return redirect("console:account-as-customer", account.public_id)
        return _asked_why(request, account, form)
    look = look_of(account, request.user, at=at)
    if look is None:
        return _asked_why(request, account, LooksForm())
    readers = readers_of(account)
    wanted = choice(request, "reader", [each.public_id for each in readers])
    reader = next((each for each in readers if each.public_id == wanted), None)
    reader = reader or next(iter(readers), None)
    show = choice(request, "show", [*PAGES, *OF_INVOICE]) or "account"
    ref = words(request, "ref", longest=64)
    context: dict[str, Any] = {
        "account": account,
        "look": look,
        "readers": readers,
        "reader": reader,
        "pages": [(name, each[0]) for name, each in PAGES.items()],
        "show": show,
        "opens": "invoice" if show == "invoices" else "",
        "ref": ref,
    }
    if reader is not None:
        sight = sight_of(account, request.user, at=at)
        context["told"] = shown_to(reader, account, show, ref, sight, at=at)
    return render(request, _PAGE, context)


def _asked_why(request: StaffRequest, account: Account, form: LooksForm) -> HttpResponse:
    context = {"account": account, "form": form, "minutes": MINUTES}
    return render(request, _PAGE, context, status=422 if form.is_bound else 200)
