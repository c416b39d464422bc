"""Mandates: what may be given at once, giving under one, and the look of finance at draws."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import Permission, permitted
from approvals.drawing import drawable_kinds
from approvals.kinds import canonical_digest, kind_of
from approvals.models import Mandate
from approvals.operations import mandates
from approvals.operations.mandates import DrawWish
from approvals.queries.mandates import draw_page, find_draw, find_mandate, mandate_rows
from console.approvals import sheets
from console.approvals.asking import PutsForward, ask, asking, may_ask
from console.shell.access import BILLING, StaffRequest, screen
from console.shell.forms import ReasonField, instant_field
from console.shell.query_params import position_of
from console.shell.stamped_forms import shown_again
from core.clock import now
from core.errors import DomainError

SHOWN: Final = 100
_KIND: Final = "adjustment"
"""What is given on the page of a mandate; the other kinds are given where they are asked for."""

WHERE: Final = {
    "credit_note": "from an invoice",
    "grant": "from an account",
    "held_settlement": "from the quarantine",
    "late_waiver": "from late usage",
}
"""Where the forms of the other kinds are."""


def _amount(label: str) -> forms.CharField:
    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    return forms.CharField(label=label, max_length=20, widget=widget)


class MandateTermsForm(forms.Form):
    """What a mandate would carry."""

    title = forms.CharField(label="Called", max_length=100)
    currency = forms.CharField(max_length=3)
    by_kinds = forms.MultipleChoiceField(label="By", widget=forms.CheckboxSelectMultiple())
    for_reasons = forms.MultipleChoiceField(label="For", widget=forms.CheckboxSelectMultiple())
    per_case = _amount("At most for a case")
    per_account_month = _amount("At most for an account in a month")
    total = _amount("At most in all")
    until = instant_field("Until before", "UTC.")
    review_every = forms.IntegerField(
        label="Every so many draws one is looked at", min_value=1, max_value=1000, initial=5
    )
    reason = ReasonField()


class AsksMandate(PutsForward, MandateTermsForm):
    """A mandate, put forward."""

    kind = "mandate"

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        kinds = drawable_kinds().values()
        reasons = {code: said for kind in kinds for code, said in kind.reason_codes.items()}
        self._choose("by_kinds", {kind.name: kind.title for kind in kinds})
        self._choose("for_reasons", dict(sorted(reasons.items())))

    def _choose(self, name: str, choices: Mapping[str, str]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = list(choices.items())

    def payload(self) -> dict[str, Any]:
        """What is asked, once the form is valid."""
        said = self.cleaned_data
        names = ("title", "currency", "per_case", "per_account_month", "total", "review_every")
        return {
            **{name: said[name] for name in names},
            "kinds": said["by_kinds"],
            "reason_codes": said["for_reasons"],
            "until": said["until"].isoformat(),
        }


class GivesForm(forms.Form):
    """What is given under a mandate."""

    invoice = forms.CharField(
        label="About the invoice", max_length=64, widget=forms.TextInput(attrs={"class": "id"})
    )
    give = _amount("Give back, before tax")
    description = forms.CharField(
        label="What to print", max_length=200, help_text="The customer reads it on the invoice."
    )
    ticket = forms.CharField(label="Case", max_length=100)
    reason_code = forms.ChoiceField(label="Reason")
    reason = ReasonField()

    def __init__(self, *args: Any, mandate: Mandate, **more: Any) -> None:
        super().__init__(*args, **more)
        known = kind_of(_KIND).reason_codes
        field = self.fields["reason_code"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(code, known[code]) for code in mandate.reason_codes if code in known]

    @property
    def wish(self) -> DrawWish:
        """What is given, once the form is valid."""
        said = self.cleaned_data
        payload = {name: said[name] for name in ("invoice", "give", "description")}
        return DrawWish(_KIND, payload, said["reason_code"], said["reason"], said["ticket"])


class LooksAtDraw(forms.Form):
    """Whether a draw was right, and why."""

    draw = forms.CharField(max_length=64, widget=forms.HiddenInput())
    verdict = forms.ChoiceField(
        label="It was", choices=[("passed", "right"), ("failed", "wrong: freeze the rest")]
    )
    reason = ReasonField()


@require_http_methods(["GET", "HEAD", "POST"])
@screen(*BILLING)
def mandate_list(request: StaffRequest, kind: str = "") -> HttpResponseBase:
    """Every mandate with what is left; one is put forward here."""
    form, at = AsksMandate(request.POST or None), now()
    if kind:
        return sheets.MANDATES.of_rows(kind, mandate_rows(at=at, most=sheets.ROWS_MOST))
    template = "console/approvals/mandates.html"
    context = asking(request, form.kind) | {"form": form, "now": at}
    context["rows"] = mandate_rows(at=at, most=SHOWN)
    if request.method != "POST" or not form.is_valid():
        return render(request, template, context, status=422 if form.errors else 200)
    try:
        return ask(request, form.wish(form.payload()))
    except DomainError as problem:
        return shown_again(request, template, context, problem)


@require_http_methods(["GET", "HEAD", "POST"])
@screen(*BILLING)
def mandate(request: StaffRequest, public_id: str, kind: str = "") -> HttpResponseBase:
    """One mandate with its draws; given under it once what it does was seen."""
    at, template = now(), "console/approvals/mandate.html"
    row = find_mandate(public_id, at=at)
    if kind:
        return sheets.DRAWS.of_pages(kind, partial(draw_page, row.mandate))
    form = GivesForm(request.POST or None, mandate=row.mandate)
    context: dict[str, Any] = {
        "row": row,
        "page": draw_page(row.mandate, position=position_of(request)),
        "form": form,
        "looks": LooksAtDraw(),
        "kinds": [(kind_of(each), WHERE.get(each, "")) for each in row.mandate.kinds],
        "may_give": row.state == "in force" and may_ask(request, _KIND),
        "may_look": permitted(request.user, Permission.POLICY_APPROVE),
        "now": at,
    }
    if request.method != "POST" or not form.is_valid():
        return render(request, template, context, status=422 if form.errors else 200)
    said: dict[str, Any] = {"mandate": row.mandate, "wish": form.wish, "by": request.user, "at": at}
    try:
        effect = mandates.look_at_draw(**said).effect
        seen = canonical_digest([form.cleaned_data["ticket"], effect.digest])
        if request.POST.get("seen") != seen:
            return render(request, template, context | {"effect": effect, "seen": seen})
        made = mandates.draw(**said, seen=effect.digest)
    except DomainError as problem:
        return shown_again(request, template, context, problem)
    messages.success(request, f"{made.amount} was given under the mandate.")
    return redirect("console:proposals-mandate", public_id)


@require_POST
@screen(Permission.POLICY_APPROVE)
def mandate_review(request: StaffRequest, public_id: str) -> HttpResponse:
    """Say of a draw that it was right, or freeze what is left."""
    row, form = find_mandate(public_id, at=now()), LooksAtDraw(request.POST)
    if not form.is_valid():
        messages.error(request, "Nothing was saved: say whether it was right, and why.")
        return redirect("console:proposals-mandate", public_id)
    said = form.cleaned_data
    mandates.review(
        drawn=find_draw(row.mandate, said["draw"]),
        passed=said["verdict"] == "passed",
        by=request.user,
        at=now(),
        reason=said["reason"],
    )
    messages.success(request, "Your look at it is kept.")
    return redirect("console:proposals-mandate", public_id)
