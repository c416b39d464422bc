"""Drafts of plan versions: begin one, set its dates, edit prices and worked cases, put it forward.

Every change asks for a reason and leads back to the page it changed. A refusal shows the same page
again, with every problem and what was typed.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import Permission
from billing.catalogue.models import PlanVersion
from billing.catalogue.operations import drafts
from billing.catalogue.operations import plans as operations
from billing.catalogue.operations.plans import CaseTerms
from billing.catalogue.queries import plans
from billing.publishing.queries import publication
from billing.publishing.worked_cases import CaseResult
from console.approvals.asking import ask
from console.catalogue.case_form import CaseForm
from console.catalogue.case_text import tell_case
from console.catalogue.draft_forms import (
    DatesForm,
    DraftDatesForm,
    PublishForm,
)
from console.catalogue.views import cases_of, checked, head
from console.shell.access import StaffRequest, screen
from console.shell.query_params import words
from console.shell.stamped_forms import shown_again
from core.clock import now
from core.db.stamps import NOTHING_SEEN, Seen, stamp_of, unchanged
from core.db.transactions import transaction
from core.errors import DomainError
from core.periods import Period, billing_period_at

REFUSED = 422


@require_http_methods(["GET", "POST"])
@screen(Permission.CATALOGUE_PROPOSE)
def draft_new(request: StaffRequest, public_id: str) -> HttpResponse:
    """Begin the next version of a plan from this one."""
    source = plans.find_version(public_id)
    form = DatesForm(request.POST or None, initial={"effective_from": _next_month()})
    context = head(request, public_id, tab="prices") | {"form": form, "begins": True}
    if request.method == "POST" and form.is_valid():
        try:
            draft = drafts.copy_version(version=source, dates=form.dates, **said_by(request, form))
        except DomainError as problem:
            return shown_again(request, "console/catalogue/version_dates.html", context, problem)
        messages.success(request, f"Version {draft.number} is drafted. Nobody is billed by it yet.")
        return redirect("console:version", draft.public_id)
    return form_page(request, "console/catalogue/version_dates.html", context)


@require_http_methods(["GET", "POST"])
@screen(Permission.CATALOGUE_PROPOSE)
def dates(request: StaffRequest, public_id: str) -> HttpResponse:
    """From when a draft is meant to hold."""
    version = plans.find_version(public_id)
    made_from = stamp_of(Seen.row(version))
    version.refresh_from_db()
    initial = {"effective_from": version.effective_from, "existing_from": version.existing_from}
    form = DraftDatesForm(request.POST or None, initial=initial, made_from=made_from)
    context = head(request, public_id, tab="prices") | {"form": form}
    if request.method == "POST" and form.is_valid():
        try:
            with unchanged(version, form.seen):
                drafts.set_dates(version=version, dates=form.dates, **said_by(request, form))
        except DomainError as problem:
            return shown_again(request, "console/catalogue/version_dates.html", context, problem)
        messages.success(request, "The dates of the draft are set.")
        return redirect("console:version", version.public_id)
    return form_page(request, "console/catalogue/version_dates.html", context)


@require_http_methods(["GET", "POST"])
@screen(Permission.CATALOGUE_PROPOSE)
def case(request: StaffRequest, public_id: str) -> HttpResponse:
    """Add a worked case to a draft, or replace the one of that name; with `try`, only run it."""
    version = plans.find_version(public_id)
    name = words(request, "name")
    seen = cases_of(version, name=name)
    made_from = stamp_of(seen) if name else NOTHING_SEEN
    initial = _case_initial(version, name) if request.method == "GET" else {}
    form = CaseForm(request.POST or None, initial=initial, made_from=made_from)
    context = head(request, public_id, tab="cases") | {"form": form, "name": name}
    if form.is_edit:
        return render(request, "console/catalogue/version_case.html", context)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        terms = CaseTerms(data["name"], data["given"], data["expected"])
        try:
            result = publication.try_case(version, terms.name, terms.given, terms.expected)
            if "try" in request.POST:
                context["told"] = tell_case(result)
                return render(request, "console/catalogue/version_case.html", context)
            replaces = terms.name == name
            with unchanged(version, form.seen, seen) if replaces else transaction():
                operations.set_case(
                    version=version, case=terms, replaces=replaces, **said_by(request, form)
                )
        except DomainError as problem:
            form.place(problem.errors)
            return shown_again(request, "console/catalogue/version_case.html", context, problem)
        _tell_case(request, result)
        return redirect("console:version-cases", version.public_id)
    return form_page(request, "console/catalogue/version_case.html", context)


@require_POST
@screen(Permission.CATALOGUE_PROPOSE)
def publish(request: StaffRequest, public_id: str) -> HttpResponse:
    """Put forward that a version is frozen for good, or show why it cannot be."""
    version, at = plans.find_version(public_id), now()
    form = PublishForm(request.POST, made_from="")
    if not form.is_valid():
        context = checked(request, public_id, at=at) | {"form": form}
        return render(request, "console/catalogue/version_check.html", context, status=REFUSED)
    try:
        if version.is_draft:
            with transaction():
                publication.require_as_checked(version, form.seen, at=at)
        return ask(request, form.wish({"version": version.public_id}))
    except DomainError as problem:
        context = checked(request, public_id, at=at) | {"form": form}
        return shown_again(request, "console/catalogue/version_check.html", context, problem)


def said_by(request: StaffRequest, form: forms.Form) -> dict[str, Any]:
    """Who changes something and why, as the operations take it."""
    return {"by": request.user.actor, "reason": form.cleaned_data["reason"]}


def form_page(request: StaffRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """The page of a form; as refused where something was typed that cannot be read."""
    status = REFUSED if context["form"].is_bound else 200
    return render(request, template, context, status=status)


def _next_month() -> datetime:
    return _this_month().end


def _this_month() -> Period:
    at = now()
    return billing_period_at(at.date().replace(day=1), "UTC", at)


def _case_initial(version: PlanVersion, name: str) -> dict[str, Any]:
    if not name:
        month = _this_month()
        days = {"from": f"{month.start:%Y-%m-%d}", "until": f"{month.end:%Y-%m-%d}", "zone": "UTC"}
        given: Any = {"period": days, "usage": []}
        expected: Any = {"total": "0.00"}
    else:
        found = drafts.find_case(version, name)
        given, expected = found.given, found.expected
    return {
        "name": name,
        "given": given,
        "expected": expected,
    }


def _tell_case(request: StaffRequest, result: CaseResult) -> None:
    if result.holds:
        messages.success(request, f"“{result.name}” is kept and holds.")
    else:
        messages.warning(request, f"“{result.name}” is kept; the version does not come to it yet.")
