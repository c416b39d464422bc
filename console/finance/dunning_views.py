"""Dunning: the policies, who is late and what comes next, what was said, and what would have been.

A simulation decides by the code that sends, on what was so at each of its days.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import Account
from accounts.permissions import Permission, permitted
from billing.overview.queries import accounts
from billing.receivables.models import RuleVersion
from billing.receivables.operations import dunning as operations
from billing.receivables.operations import rule_versions
from billing.receivables.operations.settling import Recorded
from billing.receivables.policies.documents import RuleInvalid
from billing.receivables.policies.dunning import DunningPolicy, read_dunning
from billing.receivables.queries.dunning import WouldBeSent, would_send
from billing.receivables.queries.dunning_page import late_payers, notice_page
from billing.receivables.queries.rule_versions import dunning_policies
from console.accounts.views import account_head
from console.finance.forms import Promises, SetsRule
from console.shell.access import BILLING, StaffRequest, screen
from console.shell.query_params import day_of, position_of
from console.shell.stamped_forms import shown_again
from core.clock import now
from core.errors import DomainError, Invalid

RULES: Final = Permission.PAYMENT_RULES_CHANGE
RECORD: Final = Permission.PAYMENT_RECORD
DAYS_MAX: Final = 31
_STEP: Final = re.compile(r"\s*([0-9]{1,4})\s+([a-z]+)\s*", re.ASCII)
_KINDS: Final = {"": "All other accounts", **dict(Account.Kind.choices)}


class SimulationTooLong(Invalid):
    """Days to simulate are in order, and not more than a month."""

    code = "dunning_days_invalid"
    title = "These days cannot be simulated"


@require_GET
@screen(*BILLING)
def dunning(request: StaffRequest) -> HttpResponse:
    """Policies, who is late, what was said last; and a simulation where one is asked for."""
    at = now()
    first, last = day_of(request, "from"), day_of(request, "to")
    steps = request.GET.get("steps", "")[:500]
    context: dict[str, Any] = {
        "tab": "dunning",
        "policies": _policies(at),
        "late": late_payers(at=at),
        "page": notice_page(position=position_of(request)),
        "first": first,
        "last": last,
        "steps": steps,
        "today": at.date(),
        "may_change": permitted(request.user, RULES),
    }
    if first is not None or last is not None:
        context["would"] = _simulated(first or at.date(), last or at.date(), steps)
    return render(request, "console/finance/dunning.html", context)


def _policies(at: datetime) -> list[tuple[str, DunningPolicy]]:
    found = dunning_policies(at=at).policies
    return [(_KINDS[code], found[code]) for code in sorted(found)]


def _simulated(first: date, last: date, steps: str) -> list[WouldBeSent]:
    """What would be said from day to day, at noon UTC of each. Raises: SimulationTooLong."""
    count = (last - first).days + 1
    if not 0 < count <= DAYS_MAX:
        raise SimulationTooLong(f"Choose 1 to {DAYS_MAX} days, the first one first.", field="to")
    noons = [
        datetime.combine(first + timedelta(days=number), time(12), tzinfo=UTC)
        for number in range(count)
    ]
    policies = {"": read_dunning({"steps": steps_read(steps)})} if steps.strip() else None
    return would_send(days=noons, policies=policies)


def steps_read(text: str) -> list[dict[str, Any]]:
    """Steps as a person types them, one a line or between commas: 3 remind, 7 warn.

    Raises: RuleInvalid.
    """
    steps = []
    for said in filter(str.strip, re.split(r"[\n,;]", text)):
        found = _STEP.fullmatch(said)
        if found is None:
            raise RuleInvalid(
                f"{said.strip()[:40]!r} is no step; write it as 3 remind.", field="steps"
            )
        steps.append({"days": int(found[1]), "action": found[2]})
    return steps


class SetsDunning(SetsRule):
    """The steps of a kind of account."""

    kind = forms.ChoiceField(label="For", choices=list(_KINDS.items()), required=False)
    steps = forms.CharField(
        label="Steps",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text="Days after the due day, and remind, warn, suspend or delete; one a line.",
    )
    warning_days = forms.IntegerField(
        label="Days a warning is out before a suspension",
        min_value=0,
        max_value=365,
        required=False,
        help_text="Empty: as many as lie between the two steps.",
    )
    moves_weekends = forms.BooleanField(
        label="A step on a Saturday or Sunday is taken on Monday", required=False
    )
    field_order = ("kind", "steps", "warning_days", "moves_weekends", "effective_from", "reason")


@require_http_methods(["GET", "HEAD", "POST"])
@screen(RULES)
def dunning_policy(request: StaffRequest) -> HttpResponse:
    """Put another policy in force, from now or a later instant on."""
    template = "console/finance/dunning_policy.html"
    form = SetsDunning(request.POST or None, initial=_as_it_is())
    if request.method == "POST" and form.is_valid():
        said, at = form.cleaned_data, now()
        document = {"moves_weekends": said["moves_weekends"]}
        if said["warning_days"] is not None:
            document["warning_days"] = said["warning_days"]
        try:
            rule_versions.define(
                subject=RuleVersion.Subject.DUNNING,
                code=said["kind"],
                document=document | {"steps": steps_read(said["steps"])},
                effective_from=said["effective_from"],
                recorded=Recorded(at, request.user.actor, said["reason"]),
            )
        except DomainError as problem:
            return shown_again(request, template, {"form": form}, problem)
        messages.success(request, "The policy is in force from then on.")
        return redirect("console:dunning")
    return render(request, template, {"form": form})


def _as_it_is() -> dict[str, Any]:
    policy = dunning_policies(at=now()).of("")
    return {
        "steps": "\n".join(f"{step.days} {step.action}" for step in policy.steps),
        "warning_days": policy.warning_days,
        "moves_weekends": policy.moves_weekends,
    }


@require_http_methods(["GET", "HEAD", "POST"])
@screen(RECORD)
def account_promise(request: StaffRequest, public_id: str) -> HttpResponse:
    """Write down what a payer promises."""
    account = accounts.find(public_id)
    template = "console/finance/account_promise.html"
    form = Promises(request.POST or None, currency=account.currency)
    context = account_head(account) | {"tab": "statement", "form": form}
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            operations.promise(
                account=account,
                amount_minor=said["amount"],
                promised_on=said["promised_on"],
                recorded=Recorded(now(), request.user.actor, said["reason"]),
            )
        except DomainError as problem:
            return shown_again(request, template, context, problem)
        messages.success(request, "The promise is written down.")
        return redirect(reverse("console:account-statement", args=[account.public_id]))
    return render(request, template, context)
