"""The rules of payments by version: how a bank's file is read, what matches, what is applied.

A version is tried on a bank's file before it holds: done as it would be, and undone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.models import Account
from accounts.permissions import Permission, permitted
from billing.overview.queries.rule_history import rule_history
from billing.receivables.models import RuleVersion
from billing.receivables.operations import rule_versions
from billing.receivables.operations.rule_trials import RuleTried, TrialFile, try_rule
from billing.receivables.operations.settling import Recorded
from billing.receivables.queries.rule_versions import (
    RuleSubject,
    bank_format_codes,
    house_document,
    last_version,
)
from console.finance.bank_views import import_shown
from console.finance.rule_forms import (
    KINDS_OF_ACCOUNT,
    SetsApplying,
    SetsFormat,
    SetsMatching,
    SetsPaymentRule,
)
from console.shell.access import StaffRequest, refused, screen
from console.shell.query_params import choice, words
from console.shell.stamped_forms import shown_again
from core.clock import now
from core.errors import DomainError

CHANGE: Final = Permission.PAYMENT_RULES_CHANGE
READ: Final = (CHANGE, Permission.PAYMENT_RULES_READ)
_METHODS: Final = ["GET", "HEAD", "POST"]
_TEMPLATE: Final = "console/finance/rule.html"


@dataclass(frozen=True, slots=True)
class RulePage:
    """A rule on its page: which one, its form, and its words."""

    subject: RuleVersion.Subject
    code: str
    form: SetsPaymentRule
    title: str
    lead: str


@require_http_methods(_METHODS)
@screen(*READ)
def rules_format(request: StaffRequest) -> HttpResponse:
    """A format of bank files, by the name in the address; any name that is new is a new one."""
    code = words(request, "name", longest=40).lower() or "standard"
    form = SetsFormat(**_made_from(request, SetsFormat, RuleSubject.BANK_FORMAT, code))
    return _page(
        request,
        RulePage(
            RuleSubject.BANK_FORMAT,
            code,
            form,
            f"Bank format {code}",
            "Which column says what, and how it is written. Nothing is guessed: what is written "
            "otherwise is a row that waits.",
        ),
    )


@require_http_methods(_METHODS)
@screen(*READ)
def rules_matching(request: StaffRequest) -> HttpResponse:
    """What makes a payment belong to an invoice."""
    made = _made_from(request, SetsMatching, RuleSubject.MATCHING, "")
    form = SetsMatching(formats=bank_format_codes(at=now()), **made)
    lead = "Looked at in this order; the first that finds anything decides."
    return _page(request, RulePage(RuleSubject.MATCHING, "", form, "Matching of payments", lead))


@require_http_methods(_METHODS)
@screen(*READ)
def rules_applying(request: StaffRequest) -> HttpResponse:
    """What settles new invoices unasked, by kind of account."""
    code = choice(request, "kind", Account.Kind.values)
    form = SetsApplying(**_made_from(request, SetsApplying, RuleSubject.APPLYING, code))
    of = dict(KINDS_OF_ACCOUNT)[code].lower()
    return _page(
        request,
        RulePage(
            RuleSubject.APPLYING,
            code,
            form,
            f"Use of free money: {of}",
            "What is left over of credit notes and payments, oldest first.",
        ),
    )


def _made_from(
    request: StaffRequest, form: type[SetsPaymentRule], subject: RuleVersion.Subject, code: str
) -> dict[str, Any]:
    last = last_version(subject, code)
    document: Mapping[str, Any] = last.document if last else house_document(subject, code)
    return {
        "data": request.POST or None,
        "files": request.FILES or None,
        "initial": form.said_in(document),
        "made_from": str(last.number if last else 0),
    }


def _page(request: StaffRequest, page: RulePage) -> HttpResponse:
    form = page.form
    context: dict[str, Any] = {
        "title": page.title,
        "lead": page.lead,
        "form": form,
        "may_change": permitted(request.user, CHANGE),
        "button": "Make the version",
        "tries": "file" in form.fields,
        "entries": rule_history(page.subject, page.code),
    }
    if request.method != "POST":
        return render(request, _TEMPLATE, context)
    if not context["may_change"]:
        return refused(request, (CHANGE,))
    tries = "try" in request.POST
    if form.is_valid() and tries and not form.cleaned_data["file"]:
        form.add_error("file", "Choose a file to try it on.")
    if not form.is_valid():
        return render(request, _TEMPLATE, context, status=422)
    recorded = Recorded(now(), request.user.actor, form.cleaned_data["reason"])
    try:
        if tries:
            return render(request, _TEMPLATE, context | _tried(request, page, recorded))
        rule_versions.define(
            subject=page.subject,
            code=page.code,
            document=form.document(),
            effective_from=form.cleaned_data["effective_from"],
            made_from=form.seen,
            recorded=recorded,
        )
    except DomainError as problem:
        return shown_again(request, _TEMPLATE, context, problem)
    messages.success(request, "The version holds from then on.")
    return redirect(reverse("console:rules"))


def _tried(request: StaffRequest, page: RulePage, recorded: Recorded) -> dict[str, Any]:
    said = page.form.cleaned_data
    found = try_rule(
        rule=RuleTried(page.subject, page.code, page.form.document()),
        file=TrialFile(said["file"].read(), said["file"].name, said.get("format", "")),
        recorded=recorded,
    )
    return import_shown(request, found)
