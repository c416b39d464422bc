"""What an account has: its subscriptions, and the prices agreed with one of them alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import Account
from accounts.permissions import Permission, permitted
from billing.contracts.models import PriceOverride
from billing.contracts.queries import agreed_prices, changes
from billing.contracts.queries.agreed_prices import PriceOption, SubscriptionRow
from billing.contracts.queries.seats import seats_of_account
from billing.invoicing.billed_time import billed_until
from billing.licences.queries.license_list import license_page
from billing.overview.queries import accounts
from billing.whatif.queries.change_quotes import account_quotes
from console.accounts.views import account_head
from console.approvals.asking import ask, may_ask
from console.catalogue.price_preview import Earlier, try_price
from console.catalogue.price_text import tell_price
from console.contracts.forms import AgreeForm, ClearForm
from console.contracts.timeline import seat_bars, timeline_of
from console.shell.access import BILLING, StaffRequest, screen
from console.shell.query_params import choice
from console.shell.stamped_forms import shown_again
from core.clock import now
from core.db.stamps import Seen, stamp_of, unchanged
from core.errors import DomainError


@require_GET
@screen(*BILLING)
def account_plans(request: StaffRequest, public_id: str) -> HttpResponse:
    """The subscriptions of an account with the prices agreed for them."""
    account = accounts.find(public_id)
    context = account_head(account) | {
        "tab": "plans",
        "rows": [
            (row, [(each, tell_price(each.definition, row.currency)) for each in row.agreed])
            for row in _subscriptions(account)
        ],
        "may_agree": may_ask(request, AgreeForm.kind),
        "may_change": permitted(request.user, Permission.ACCOUNTS_MAINTAIN),
        "changes": changes.changes_of(account),
        "timeline": timeline_of(changes.timeline(account), at=now()),
        "seats": seat_bars(seats_of_account(account), at=now()),
        "quotes": account_quotes(account, at=now()),
    }
    if account.kind == Account.Kind.ENTERPRISE:
        context["licences"] = license_page(at=now(), account_ids=[account.pk])
        context["may_quote"] = may_ask(request, "license_amendment")
    return render(request, "console/contracts/account_plans.html", context)


@require_http_methods(["GET", "POST"])
@screen(Permission.CATALOGUE_PROPOSE)
def agree(request: StaffRequest, public_id: str, subscription_id: str) -> HttpResponse:
    """Put a price for one subscription forward; with `preview`, only try it."""
    account = accounts.find(public_id)
    subscription = agreed_prices.find_subscription(account, subscription_id)
    seen = (
        Seen.row(subscription),
        Seen(PriceOverride, {"subscription_id": subscription.pk}, named="price_code"),
    )
    made_from = stamp_of(*seen)
    row = next(each for each in _subscriptions(account) if each.public_id == subscription.public_id)
    initial, replaced = _initial(account, row, request), _replaced(row, request)
    earlier = Earlier("the plan", replaced.definition)
    form = AgreeForm(
        request.POST or None,
        prices=row.prices,
        initial=initial,
        made_from=made_from,
        before=replaced.definition,
    )
    if request.htmx and request.method == "POST" and not form.is_edit:
        tried = try_price(request.POST, row.currency, at=now(), before=earlier)
        return render(request, "console/catalogue/_preview.html", {"tried": tried})
    said = {} if form.is_edit else form.data
    context = account_head(account) | {
        "tab": "plans",
        "row": row,
        "replaced": replaced,
        "form": form,
        "tried": try_price(said, row.currency, at=now(), before=earlier),
    }
    if form.is_edit:
        return render(request, "console/contracts/account_agree.html", context)
    if "preview" in request.POST or not form.is_valid():
        return _form(request, "console/contracts/account_agree.html", context)
    try:
        with unchanged(subscription, form.seen, *seen):
            payload = _agreed(form) | {"subscription": subscription.public_id}
        return ask(request, form.wish(payload))
    except DomainError as problem:
        return shown_again(request, "console/contracts/account_agree.html", context, problem)


@require_http_methods(["GET", "POST"])
@screen(Permission.CATALOGUE_PROPOSE)
def clear(request: StaffRequest, public_id: str, agreement_id: str) -> HttpResponse:
    """Put forward that an agreed price ends."""
    account = accounts.find(public_id)
    override = agreed_prices.find_agreement(account, agreement_id)
    made_from = stamp_of(Seen.row(override))
    override.refresh_from_db()
    form = ClearForm(
        request.POST or None,
        initial={"valid_until": _first_unbilled(account)},
        made_from=made_from,
    )
    context = account_head(account) | {
        "tab": "plans",
        "override": override,
        "told": tell_price(override.definition, account.currency),
        "form": form,
    }
    if not form.is_valid():
        return _form(request, "console/contracts/account_clear.html", context)
    until = form.cleaned_data["valid_until"].isoformat()
    try:
        with unchanged(override, form.seen):
            payload = {"verb": "clear", "agreement": override.public_id, "until": until}
        return ask(request, form.wish(payload))
    except DomainError as problem:
        return shown_again(request, "console/contracts/account_clear.html", context, problem)


def _subscriptions(account: Account) -> list[SubscriptionRow]:
    return agreed_prices.subscriptions(account, at=now())


def _agreed(form: AgreeForm) -> dict[str, Any]:
    data = form.cleaned_data
    return {
        "verb": "agree",
        "price": data["price"],
        "definition": data["document"],
        "from": data["valid_from"].isoformat(),
        "until": data["valid_until"].isoformat() if data["valid_until"] else "",
    }


def _initial(account: Account, row: SubscriptionRow, request: StaffRequest) -> dict[str, Any]:
    """The plan's own price, from the first instant that is on no invoice."""
    shown = _replaced(row, request)
    return {
        "price": shown.code,
        "document": shown.definition,
        "valid_from": max(_first_unbilled(account), row.started_at),
    }


def _replaced(row: SubscriptionRow, request: StaffRequest) -> PriceOption:
    """The price of the plan that is asked for, or its first. Raises: UnreadableAddress."""
    code = choice(request, "price", [price.code for price in row.prices])
    return next(price for price in row.prices if code in ("", price.code))


def _first_unbilled(account: Account) -> datetime:
    """The first instant that is on no issued invoice."""
    return billed_until([account.pk]).get(account.pk) or now().replace(second=0, microsecond=0)


def _form(request: StaffRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """The page of a form; as refused where something was typed that cannot be read."""
    refused = context["form"].is_bound and "preview" not in request.POST
    return render(request, template, context, status=422 if refused else 200)
