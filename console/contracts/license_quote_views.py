"""Quotes of licences: made by one person, accepted by the customer, written down by another."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import Account
from accounts.permissions import Permission, permitted
from accounts.queries.profiles import profile_at
from billing.licences.models import License, LicenseQuote, QuoteAcceptance
from billing.licences.operations import quotes
from billing.licences.operations.quotes import AcceptedBy
from billing.licences.queries import license_list
from billing.licences.queries.finding import find_quote
from billing.licences.terms import read_terms
from billing.overview.queries import accounts
from console.contracts import sheets
from console.contracts.license_forms import AcceptForm, QuoteForm
from console.shell.access import BILLING, StaffRequest, refused, screen
from console.shell.query_params import position_of
from core.actor import current_actor
from core.clock import now
from core.errors import DomainError
from core.periods import local_midnight

OFFER: Final = (Permission.LICENCE_OVERRIDE_PROPOSE,)
ACCEPT: Final = (Permission.LICENCE_OVERRIDE_APPROVE,)
_PAGE: Final = "console/contracts/licence_quote.html"
_NEW: Final = "console/contracts/licence_quote_new.html"


@require_GET
@screen(*BILLING)
def quote_list(request: StaffRequest, kind: str = "") -> HttpResponseBase:
    """The versions of quotes, latest first."""
    if kind:
        return sheets.QUOTES.of_pages(kind, license_list.quote_page)
    page = license_list.quote_page(position=position_of(request))
    return render(request, "console/contracts/licence_quotes.html", {"tab": "quotes", "page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@screen(*BILLING)
def quote(request: StaffRequest, ref: str) -> HttpResponse:
    """What is offered; whoever approves licences writes down that it was accepted."""
    found = find_quote(ref)
    if request.method != "POST":
        return render(request, _PAGE, _context(request, found, AcceptForm()))
    if not permitted(request.user, ACCEPT[0]):
        return refused(request, ACCEPT)
    form = AcceptForm(request.POST)
    if not form.is_valid():
        return render(request, _PAGE, _context(request, found, form), status=422)
    said = form.cleaned_data
    try:
        made = quotes.accept(
            quote=found,
            accepted=AcceptedBy(
                said["accepted_by"], said["accepted_on"], request.POST.get("digest", "")
            ),
            at=now(),
            by=current_actor(),
            reason=said["reason"],
        )
    except DomainError as problem:
        context = _context(request, found, form) | {"problem": problem}
        return render(request, _PAGE, context, status=problem.status)
    messages.success(request, f"{made.number} is a licence now.")
    return redirect("console:licence", made.public_id)


def _context(request: StaffRequest, found: LicenseQuote, form: AcceptForm) -> dict[str, Any]:
    acceptance = QuoteAcceptance.objects.filter(quote=found).first()
    last = LicenseQuote.objects.filter(number=found.number).order_by("-version")[0]
    why_not = ""
    if last.pk != found.pk:
        why_not = f"There is a later version: {last}."
    elif now() >= found.valid_until:
        why_not = "The quote holds no more; make another version."
    elif not permitted(request.user, ACCEPT[0]):
        why_not = "Finance approvers write down that a customer accepted it."
    return {
        "quote": found,
        "terms": read_terms(found.terms),
        "acceptance": acceptance,
        "license": License.objects.filter(quote=found).first(),
        "form": None if why_not or acceptance else form,
        "why_not": why_not,
    }


@require_http_methods(["GET", "HEAD", "POST"])
@screen(*OFFER)
def quote_new(request: StaffRequest, public_id: str) -> HttpResponse:
    """Offer a licence to an enterprise."""
    account = accounts.find(public_id)
    if request.method != "POST":
        return render(request, _NEW, {"account": account, "form": QuoteForm()})
    form = QuoteForm(request.POST)
    if not form.is_valid():
        return render(request, _NEW, {"account": account, "form": form}, status=422)
    try:
        made = _offered(account, form)
    except DomainError as problem:
        context = {"account": account, "form": form, "problem": problem}
        return render(request, _NEW, context, status=problem.status)
    messages.success(request, f"{made} is made.")
    return redirect("console:licence-quote", made.public_id)


def _offered(account: Account, form: QuoteForm) -> LicenseQuote:
    at, said = now(), form.cleaned_data
    profile = profile_at(account, at)
    return quotes.offer(
        account=account,
        number=said["number"],
        terms=read_terms(form.document()),
        valid_until=local_midnight(said["holds_until"], profile.zone if profile else "UTC"),
        at=at,
        by=current_actor(),
        reason=said["reason"],
    )
