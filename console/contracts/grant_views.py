"""The credit of an account: its grants in the order they are drawn, their draws, and new ones."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import Account
from accounts.permissions import Permission, permitted
from approvals.kinds import ProposedEffect, canonical_digest
from approvals.operations import putting_forward
from approvals.operations.putting_forward import Wish
from approvals.queries.mandates import mandates_for
from billing.contracts.operations import coupons
from billing.contracts.queries.coupons import redemptions_of
from billing.invoicing.models import CreditGrant
from billing.invoicing.queries import grants
from billing.invoicing.queries.grants import GrantNotFound
from billing.overview.queries import accounts
from console.accounts.views import account_head
from console.approvals.asking import ask
from console.contracts import sheets
from console.contracts.grant_forms import GrantForm, RevokeForm
from console.shell.access import BILLING, StaffRequest, may_any, screen
from console.shell.forms import ReasonField
from core.clock import now
from core.errors import DomainError

PROPOSE: Final = (Permission.GOODWILL_PROPOSE, Permission.CREDIT_PROPOSE)
_PAGE: Final = "console/contracts/account_grant_wish.html"


@require_GET
@screen(*BILLING)
def grant_list(request: StaffRequest, public_id: str, kind: str = "") -> HttpResponseBase:
    """The grants of an account: those that are drawn first, then what is over."""
    account = accounts.find(public_id)
    rows = grants.grants_of(account, at=now())
    if kind:
        return sheets.GRANTS.of_rows(kind, rows)
    context = account_head(account) | {
        "tab": "grants",
        "rows": [row for row in rows if row.draws],
        "over": [row for row in rows if not row.draws],
        "may_grant": may_any(request.user, PROPOSE),
        "redemptions": redemptions_of(account),
        "may_redeem": permitted(request.user, Permission.ACCOUNTS_MAINTAIN),
    }
    return render(request, "console/contracts/account_grants.html", context)


@require_GET
@screen(*BILLING)
def grant(request: StaffRequest, public_id: str, grant_id: str) -> HttpResponse:
    """One grant: what it covers, and every draw."""
    account = accounts.find(public_id)
    found = _found(account, grant_id)
    context = account_head(account) | {
        "tab": "grants",
        "row": grants.grant_row(found, at=now()),
        "grant": found,
        "movements": grants.movements_of(found),
        "may_grant": may_any(request.user, PROPOSE),
    }
    return render(request, "console/contracts/account_grant.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@screen(*PROPOSE)
def grant_new(request: StaffRequest, public_id: str) -> HttpResponse:
    """Say what is to be granted, see what it would do, put it forward."""
    account = accounts.find(public_id)
    data = request.POST if request.method == "POST" else None
    initial = {"effective_from": now().replace(second=0, microsecond=0)}
    form = GrantForm(data, account=account, initial=initial)
    return _asked(request, account, form, {"title": "Grant credit"})


@require_http_methods(["GET", "HEAD", "POST"])
@screen(*PROPOSE)
def grant_revoke(request: StaffRequest, public_id: str, grant_id: str) -> HttpResponse:
    """Put forward that what is left of a grant is taken back."""
    account = accounts.find(public_id)
    found = _found(account, grant_id)
    data = request.POST if request.method == "POST" else None
    form = RevokeForm(data, grant=found)
    return _asked(request, account, form, {"title": f"Take back {found.name}", "grant": found})


class _RedeemForm(forms.Form):
    """A coupon by its code."""

    code = forms.CharField(
        label="Code of the coupon",
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    reason = ReasonField()


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.ACCOUNTS_MAINTAIN)
def coupon_redeem(request: StaffRequest, public_id: str) -> HttpResponse:
    """Redeem a coupon for the account."""
    account = accounts.find(public_id)
    form = _RedeemForm(request.POST if request.method == "POST" else None)
    context = account_head(account) | {"tab": "grants", "form": form}
    page = "console/contracts/account_coupon_redeem.html"
    if not form.is_valid():
        return render(request, page, context, status=422 if form.is_bound else 200)
    said = form.cleaned_data
    try:
        made = coupons.redeem(
            account=account,
            code=said["code"].strip(),
            at=now(),
            by=request.user.actor,
            reason=said["reason"],
        )
    except DomainError as problem:
        return render(request, page, context | {"problem": problem}, status=problem.status)
    messages.success(request, f"{made.coupon.name} counts for the billing periods from now on.")
    return redirect("console:account-grants", account.public_id)


def _found(account: Account, grant_id: str) -> CreditGrant:
    found = grants.find_grant(grant_id)
    if found.account_id != account.pk:
        raise GrantNotFound(f"{account.name} has no grant {grant_id[:64]}.")
    return found


def _asked(
    request: StaffRequest, account: Account, form: GrantForm | RevokeForm, more: dict[str, Any]
) -> HttpResponse:
    """The form; with what it would do once it can be read; put forward what was seen."""
    context = account_head(account) | {"tab": "grants", "form": form} | more
    if request.method != "POST" or not form.is_valid():
        return render(request, _PAGE, context, status=422 if form.is_bound else 200)
    said = form.cleaned_data
    wish = Wish(
        "grant", form.payload(), said["reason_code"], said["reason"], said["ticket"].strip()
    )
    try:
        effect = putting_forward.look_at(wish=wish, by=request.user, at=now())
        seen = _seen(wish, effect)
        if request.POST.get("seen") == seen and {"put_forward", "under"} & set(request.POST):
            return ask(request, wish, seen=effect.digest)
    except DomainError as problem:
        return render(request, _PAGE, context | {"problem": problem}, status=problem.status)
    shown = {"effect": effect, "seen": seen, "mandates": mandates_for(wish.kind, at=now())}
    return render(request, _PAGE, context | shown)


def _seen(wish: Wish, effect: ProposedEffect) -> str:
    """What a preview is of: put forward is only what was seen."""
    return canonical_digest([wish.payload, wish.reason_code, effect.digest])
