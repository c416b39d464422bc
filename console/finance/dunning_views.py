"""Dunning: the policies, who is late and what comes next, what was said, and what would have been.

A simulation decides by the code that sends, on what was so at each of its days.
"""

from __future__ import annotations

import re
from collections import Counter
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
from accounts.queries.kinds import open_accounts_by_kind
from billing.overview.queries import accounts
from billing.overview.queries.rule_history import rule_history
from billing.receivables.dunning.deciding import RESUME
from billing.receivables.models import RuleVersion
from billing.receivables.operations import dunning as operations
from billing.receivables.operations import rule_versions
from billing.receivables.operations.settling import Recorded
from billing.receivables.policies.documents import RuleInvalid
from billing.receivables.policies.dunning import ACTIONS, DunningPolicy, read_dunning
from billing.receivables.queries.dunning import WouldBeSent, would_send
from billing.receivables.queries.dunning_page import late_payers, notice_page
from billing.receivables.queries.rule_versions import (
    dunning_policies,
    house_document,
    last_version,
)
from console.accounts.views import account_head
from console.finance.forms import Promises, SetsRule
from console.finance.rule_forms import KINDS_OF_ACCOUNT
from console.shell.access import BILLING, StaffRequest, refused, screen
from console.shell.query_params import choice, day_of, position_of
from console.shell.stamped_forms import MadeFrom, shown_again
from core.clock import now
from core.errors import DomainError, Invalid

RULES: Final = Permission.PAYMENT_RULES_CHANGE
RECORD: Final = Permission.PAYMENT_RECORD
DAYS_MAX: Final = 31
_STEP: Final = re.compile(r"\s*([0-9]{1,4})\s+([a-z]+)\s*", re.ASCII)
_KINDS: Final = dict(KINDS_OF_ACCOUNT)
KINDS_SAID: Final = frozenset(Account.Kind.values)


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
        "without_policy": Account.Kind.choices,
        "late": late_payers(at=at),
        "page": notice_page(position=position_of(request)),
        "first": first,
        "last": last,
        "steps": steps,
        "today": at.date(),
    }
    if first is not None or last is not None:
        context["would"] = _simulated(first or at.date(), last or at.date(), steps)
    return render(request, "console/finance/dunning.html", context)


def _policies(at: datetime) -> list[tuple[str, str, DunningPolicy, int]]:
    """Each kind of account that has a policy of its own, and how many accounts are on it."""
    found, open_by_kind = dunning_policies(at=at).policies, open_accounts_by_kind()
    on: Counter[str] = Counter()
    for kind, count in open_by_kind.items():
        on[kind if kind in found else ""] += count
    return [(_KINDS[code], code, found[code], on[code]) for code in sorted(found)]


def _simulated(first: date, last: date, steps: str) -> list[WouldBeSent]:
    """What would be said from day to day, at noon UTC of each. Raises: SimulationTooLong."""
    count = (last - first).days + 1
    if not 0 < count <= DAYS_MAX:
        raise SimulationTooLong(f"Choose 1 to {DAYS_MAX} days, the first one first.", field="to")
    policies = {"": read_dunning({"steps": steps_read(steps)})} if steps.strip() else None
    return would_send(days=_noons(first, last), policies=policies)


def _noons(first: date, last: date) -> list[datetime]:
    """Noon UTC of each day from the first to the last."""
    return [
        datetime.combine(first + timedelta(days=number), time(12), tzinfo=UTC)
        for number in range((last - first).days + 1)
    ]


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


class SetsDunning(MadeFrom, SetsRule):
    """The steps of a kind of account."""

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
    field_order = ("steps", "warning_days", "moves_weekends", "effective_from", "reason")

    def document(self) -> dict[str, Any]:
        """As `read_dunning` takes it, once the form is valid. Raises: RuleInvalid."""
        said = self.cleaned_data
        document = {"moves_weekends": said["moves_weekends"], "steps": steps_read(said["steps"])}
        if said["warning_days"] is not None:
            document["warning_days"] = said["warning_days"]
        return document


@require_http_methods(["GET", "HEAD", "POST"])
@screen(RULES, Permission.PAYMENT_RULES_READ)
def dunning_policy(request: StaffRequest) -> HttpResponse:
    """The policy of a kind of account: its versions, a form for another, what that would send."""
    template, kind = "console/finance/dunning_policy.html", choice(request, "kind", KINDS_SAID)
    last = last_version(RuleVersion.Subject.DUNNING, kind)
    document = last.document if last else house_document(RuleVersion.Subject.DUNNING, kind)
    form = SetsDunning(
        request.POST or None,
        initial=_as_it_is(read_dunning(dict(document))),
        made_from=str(last.number if last else 0),
    )
    context: dict[str, Any] = {
        "kind": _KINDS[kind],
        "form": form,
        "may_change": permitted(request.user, RULES),
        "entries": rule_history(RuleVersion.Subject.DUNNING, kind),
    }
    if request.method != "POST":
        return render(request, template, context)
    if not context["may_change"]:
        return refused(request, (RULES,))
    if not form.is_valid():
        return render(request, template, context, status=422)
    said, at = form.cleaned_data, now()
    try:
        if "try" in request.POST:
            context["sent"] = _sent(kind, read_dunning(form.document()), at)
            return render(request, template, context)
        rule_versions.define(
            subject=RuleVersion.Subject.DUNNING,
            code=kind,
            document=form.document(),
            effective_from=said["effective_from"],
            made_from=form.seen,
            recorded=Recorded(at, request.user.actor, said["reason"]),
        )
    except DomainError as problem:
        return shown_again(request, template, context, problem)
    messages.success(request, "The policy is in force from then on.")
    return redirect("console:dunning")


def _sent(kind: str, policy: DunningPolicy, at: datetime) -> list[tuple[str, int, int]]:
    """How often each step would be taken from today on, as it is and by another policy."""
    noons = _noons(at.date(), at.date() + timedelta(days=DAYS_MAX - 1))
    by_kind = dunning_policies(at=at).policies
    now_sent = would_send(days=noons, policies=by_kind)
    then_sent = would_send(days=noons, policies={**by_kind, kind: policy})
    counts = [Counter(each.action for each in sent) for sent in (now_sent, then_sent)]
    return [(action, counts[0][action], counts[1][action]) for action in (*ACTIONS, RESUME)]


def _as_it_is(policy: DunningPolicy) -> dict[str, Any]:
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
