"""Licences: renewals by date, the page of one, and the amendment that is put forward."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any, Final

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.permissions import Permission
from accounts.queries.profiles import profile_at
from approvals.kinds import canonical_digest
from approvals.operations import putting_forward
from billing.invoicing.queries.license_use import PoolUse, license_use
from billing.invoicing.queries.pool_days import drawn_days
from billing.licences.models import License
from billing.licences.queries import license_list
from billing.licences.queries.finding import find_license
from billing.licences.terms import read_terms
from console.approvals.asking import ask, asking, may_ask
from console.contracts import sheets
from console.contracts.license_forms import AmendLicenseForm, typed_number
from console.contracts.license_text import pace_of, renewals, shown_pool
from console.shell.access import BILLING, StaffRequest, refused, screen
from console.shell.files import list_file
from console.shell.query_params import choice, day_of, position_of, words
from core.clock import now
from core.csv_out import CsvNumber
from core.decimals import decimal_text
from core.errors import DomainError
from core.periods import billing_period, month_day

DAY_COLUMNS: Final = ("day", "account", "app", "charge", "pool", "units", "unit", "invoice")
AMEND: Final = (Permission.LICENCE_OVERRIDE_PROPOSE,)
_AMEND_PAGE: Final = "console/contracts/licence_amend.html"


@require_GET
@screen(*BILLING)
def licence_list(request: StaffRequest, kind: str = "") -> HttpResponseBase:
    """Licences by the end of their term."""
    ended = choice(request, "show", ["ended"]) == "ended"
    read = partial(license_list.license_page, at=now(), ended=ended)
    if kind:
        return sheets.LICENCES.of_pages(kind, read)
    page = read(position=position_of(request))
    context = {"tab": "licences", "ended": ended, "page": page}
    return render(request, "console/contracts/licences.html", context)


@require_GET
@screen(*BILLING)
def licence(request: StaffRequest, ref: str, kind: str = "") -> HttpResponseBase:
    """Five figures of each pool, who drew, what moved, what was agreed."""
    license, at = find_license(ref), now()
    if kind:
        return sheets.MOVEMENTS.of_pages(kind, partial(license_list.movement_page, license))
    uses = license_use(license, at=at)
    context = {
        "license": license,
        "standing": license.standing(at).value,
        "zone": _zone(license, at),
        "pools": [shown_pool(use) for use in uses],
        "runs_out": any(use.runs_out_early for use in uses),
        "terms": read_terms(license.quote.terms),
        "detail": license_list.license_detail(license),
        "movements": license_list.movement_page(license, position=position_of(request)),
        "may_propose": may_ask(request, "license_amendment"),
        **asking(request, "license_amendment"),
        **_renewing(request, uses),
    }
    return render(request, "console/contracts/licence.html", context)


def _zone(license: License, at: datetime) -> str:
    profile = profile_at(license.account, at)
    return profile.zone if profile else "UTC"


def _renewing(request: StaffRequest, uses: list[PoolUse]) -> dict[str, Any]:
    """What renewing the first pool of units would cost, at what was asked too."""
    use = next((each for each in uses if each.commitment.unit), None)
    if use is None:
        return {"renewals": []}
    text = words(request, "units", longest=20)
    asked = typed_number(text)
    return {
        "renewals": renewals(use, asked),
        "asked": text,
        "asked_problem": "Type a number above 0." if text and asked is None else "",
        "pace_units": pace_of(use),
        "renew_unit": use.commitment.unit,
    }


@require_GET
@screen(*BILLING)
def days_file(request: StaffRequest, ref: str, kind: str) -> HttpResponseBase:
    """What each team and app drew on each day of a month; the days sum to the month."""
    license, at = find_license(ref), now()
    first_on = day_of(request, "month") or month_day(at.date().replace(day=1), -1)
    month = billing_period(first_on.replace(day=1), _zone(license, at), 0)
    rows = (
        [
            each.day.isoformat(), each.account, each.app, each.charge, each.pool,
            CsvNumber(decimal_text(each.units)), each.unit, each.invoice,
        ]
        for each in drawn_days(license, month)
    )  # fmt: skip
    return list_file(kind, f"{license.number}-{first_on:%Y-%m}", DAY_COLUMNS, rows)


@require_http_methods(["GET", "HEAD", "POST"])
@screen(*AMEND)
def amend(request: StaffRequest, ref: str) -> HttpResponse:
    """Say what is to be otherwise, see what it would do, put it forward."""
    license = find_license(ref)
    if not may_ask(request, AmendLicenseForm.kind):
        return refused(request, AMEND)
    windows = {
        use.commitment.public_id: bucket.public_id
        for use in license_use(license, at=now())
        if (bucket := use.commitment.buckets.filter(window_from=use.span.start).first())
    }
    data = request.POST if request.method == "POST" else None
    form = AmendLicenseForm(data, license=license, windows=windows)
    context: dict[str, Any] = {"license": license, "form": form}
    if data is None or not form.is_valid():
        status = 422 if data is not None else 200
        return render(request, _AMEND_PAGE, context, status=status)
    try:
        wish = form.wish(form.payload())
        effect = putting_forward.look_at(wish=wish, by=request.user, at=now())
        seen = canonical_digest([wish.payload, wish.reason_code, effect.digest])
        if request.POST.get("seen") == seen and "put_forward" in request.POST:
            return ask(request, wish)
    except DomainError as problem:
        context["problem"] = problem
        return render(request, _AMEND_PAGE, context, status=problem.status)
    return render(request, _AMEND_PAGE, context | {"effect": effect, "seen": seen})
