"""Limits on spending: of one account, of all, and asking for one."""

from __future__ import annotations

from functools import partial
from typing import Final

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.permissions import Permission
from billing.contracts.queries.entitlements import overrides_of
from billing.invoicing.queries.allowances import uses_of
from billing.overview.queries import accounts
from billing.spending.queries import limits
from billing.spending.queries.limits import SpendingLimitNotFound
from console.accounts.views import account_head
from console.approvals.asking import asking, may_ask
from console.contracts import sheets
from console.contracts.limit_forms import EndLimitForm, LimitForm
from console.contracts.wishing import asked
from console.shell.access import BILLING, StaffRequest, refused, screen
from console.shell.query_params import choice, position_of
from core.clock import now

ASK: Final = (Permission.LICENCE_OVERRIDE_PROPOSE,)
_PAGE: Final = "console/contracts/account_limit_wish.html"


@require_GET
@screen(*BILLING)
def limit_list(request: StaffRequest, kind: str = "") -> HttpResponseBase:
    """Limits of all accounts, or only what stands stopped."""
    stopped = choice(request, "show", ["stopped"]) == "stopped"
    read = partial(limits.limit_page, stopped=stopped)
    if kind:
        return sheets.LIMITS.of_pages(kind, read)
    context = {
        "stopped": stopped,
        "stopped_count": limits.stopped_count(),
        "page": read(position=position_of(request)),
        "reactions": limits.reactions(at=now()),
    }
    return render(request, "console/contracts/limits.html", context)


@require_GET
@screen(*BILLING)
def account_limits(request: StaffRequest, public_id: str, kind: str = "") -> HttpResponseBase:
    """What an account may spend and what it may do, what it used of it, and who says so."""
    account = accounts.find(public_id)
    rows = limits.limits_of(account.pk)
    if kind:
        return sheets.LIMITS.of_rows(kind, rows)
    context = account_head(account) | {
        "tab": "limits",
        "entitled": uses_of(account, at=now()),
        "overrides": overrides_of(account),
        "rows": [row for row in rows if row.state != "ended"],
        "over": [row for row in rows if row.state == "ended"],
        **asking(request, "spending_limit"),
    }
    return render(request, "console/contracts/account_limits.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@screen(*ASK)
def limit_new(request: StaffRequest, public_id: str) -> HttpResponse:
    """Say what may be spent, see what that would do, put it forward."""
    account = accounts.find(public_id)
    if not may_ask(request, LimitForm.kind):
        return refused(request, ASK)
    data = request.POST if request.method == "POST" else None
    form = LimitForm(data, account=account)
    return asked(
        request, form, _PAGE, account_head(account) | {"tab": "limits", "title": "Set a limit"}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@screen(*ASK)
def limit_end(request: StaffRequest, public_id: str, limit_id: str) -> HttpResponse:
    """Put forward that a limit ends."""
    account, limit = accounts.find(public_id), limits.find_limit(limit_id)
    if limit.account_id != account.pk:
        raise SpendingLimitNotFound(f"{account.name} has no limit {limit_id[:64]}.")
    if not may_ask(request, EndLimitForm.kind):
        return refused(request, ASK)
    data = request.POST if request.method == "POST" else None
    form = EndLimitForm(data, limit=limit)
    title = f"End the {str(limit)[0].lower()}{str(limit)[1:]}"
    return asked(request, form, _PAGE, account_head(account) | {"tab": "limits", "title": title})
