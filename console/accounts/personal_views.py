"""Personal data in full: asked for with a reason, allowed by a colleague, and the log of both."""

from __future__ import annotations

from typing import Final

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import Disclosure
from accounts.models.disclosures import SHOWN_FOR
from accounts.operations import disclosures
from accounts.permissions import Permission, permitted
from accounts.queries.disclosures import disclosure_page, find_disclosure
from billing.overview.queries import accounts
from console.accounts import sheets
from console.shell.access import StaffRequest, screen
from console.shell.forms import ReasonField
from console.shell.query_params import position_of
from console.shell.stamped_forms import shown_again
from core.clock import now
from core.errors import DomainError

ASK: Final = (Permission.PERSONAL_DATA_UNMASK, Permission.PERSONAL_DATA_REQUEST)
MINUTES: Final = SHOWN_FOR.seconds // 60


class AskForm(forms.Form):
    """What the personal data is needed for."""

    reason = ReasonField("What do you need it for?")


class DecideForm(forms.Form):
    """Whether a colleague may see it, and why."""

    answer = forms.ChoiceField(
        label="Your decision",
        choices=[("allow", f"Show it for {MINUTES} minutes"), ("refuse", "Refuse")],
        widget=forms.RadioSelect,
    )
    reason = ReasonField()


@require_http_methods(["GET", "HEAD", "POST"])
@screen(*ASK)
def account_personal(request: StaffRequest, public_id: str) -> HttpResponse:
    """Ask to see the personal data of an account in full."""
    account, form = accounts.find(public_id), AskForm(_sent(request))
    context = {
        "account": account,
        "form": form,
        "minutes": MINUTES,
        "is_shown_at_once": permitted(request.user, Permission.PERSONAL_DATA_UNMASK),
    }
    page = "console/accounts/account_personal.html"
    if request.method != "POST" or not form.is_valid():
        return render(request, page, context, status=422 if form.is_bound else 200)
    try:
        asked = disclosures.ask(
            account=account, by=request.user, at=now(), reason=form.cleaned_data["reason"]
        )
    except DomainError as problem:
        return shown_again(request, page, context, problem)
    if asked.state == Disclosure.State.ASKED:
        messages.success(request, "It is asked. A colleague decides; you see it here then.")
        return redirect("console:disclosure", asked.public_id)
    messages.success(request, f"Personal data is shown to you for {MINUTES} minutes.")
    return redirect("console:account", account.public_id)


@require_GET
@screen(*ASK)
def disclosure_list(request: StaffRequest, kind: str = "") -> HttpResponseBase:
    """Who asked for what, why, and what became of it; the latest first."""
    if kind:
        return sheets.DISCLOSURES.of_pages(kind, disclosure_page)
    context = {"page": disclosure_page(position=position_of(request)), "now": now()}
    return render(request, "console/accounts/disclosures.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@screen(*ASK)
def disclosure(request: StaffRequest, public_id: str) -> HttpResponse:
    """One of them; while it waits, decided here by somebody else."""
    found, form = find_disclosure(public_id), DecideForm(_sent(request))
    may_unmask = permitted(request.user, Permission.PERSONAL_DATA_UNMASK)
    context = {
        "disclosure": found,
        "form": form,
        "now": now(),
        "waits": found.state == Disclosure.State.ASKED,
        "may_decide": may_unmask and found.person_id != request.user.pk,
    }
    page = "console/accounts/disclosure.html"
    if request.method != "POST" or not form.is_valid():
        return render(request, page, context, status=422 if form.is_bound else 200)
    said = form.cleaned_data
    decide = disclosures.allow if said["answer"] == "allow" else disclosures.refuse
    try:
        decide(disclosure=found, by=request.user, at=now(), reason=said["reason"])
    except DomainError as problem:
        return shown_again(request, page, context, problem)
    messages.success(request, f"Decided. {found.person} sees it on the next page they open.")
    return redirect("console:disclosure", found.public_id)


def _sent(request: StaffRequest) -> QueryDict | None:
    """What was sent, which may be nothing at all; None where nothing was."""
    return request.POST if request.method == "POST" else None
