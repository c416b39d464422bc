"""Deputies: who decides in whose name and until when; giving and ending one's own."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from approvals.models import Delegation
from approvals.operations import delegating
from approvals.queries.deputies import delegation_rows
from console.approvals import sheets
from console.shell.access import BILLING, StaffRequest, screen
from console.shell.forms import ReasonField, instant_field
from core.clock import now
from core.errors import DomainError

SHOWN: Final = 100


class DelegatesForm(forms.Form):
    """Who decides in one's name, and when."""

    deputy = forms.ModelChoiceField(
        User.objects.none(), to_field_name="public_id", empty_label="choose"
    )
    valid_from = instant_field("From", "UTC.")
    valid_until = instant_field("Until, not included", "UTC.")
    reason = ReasonField()

    def __init__(self, *args: Any, of: User, **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["deputy"]
        assert isinstance(field, forms.ModelChoiceField)
        people = User.objects.filter(is_active=True, role_grants__state="granted")
        field.queryset = people.exclude(pk=of.pk).distinct().order_by("first_name", "username")


@require_http_methods(["GET", "HEAD", "POST"])
@screen(*BILLING)
def deputies(request: StaffRequest, kind: str = "") -> HttpResponseBase:
    """All that are in force or to come, and a form for one's own."""
    at, template = now(), "console/approvals/deputies.html"
    if kind:
        return sheets.DEPUTIES.of_rows(kind, delegation_rows(at=at, most=sheets.ROWS_MOST))
    form = DelegatesForm(
        request.POST or None, of=request.user, initial={"valid_from": at, "valid_until": ""}
    )
    context: dict[str, Any] = {"form": form, "now": at}
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            delegating.delegate(
                to=said["deputy"],
                valid_from=said["valid_from"],
                valid_until=said["valid_until"],
                by=request.user,
                at=at,
                reason=said["reason"],
            )
        except DomainError as problem:
            known = problem.field if problem.field in form.fields else None
            form.add_error(known, problem.message)
        else:
            messages.success(request, f"{said['deputy']} decides in your name then.")
            return redirect("console:proposals-deputies")
    context["rows"] = delegation_rows(at=at, most=SHOWN)
    return render(request, template, context, status=422 if form.errors else 200)


@require_POST
@screen(*BILLING)
def deputy_end(request: StaffRequest, public_id: str) -> HttpResponse:
    """End one's own before its time."""
    found = get_object_or_404(Delegation, public_id=public_id[:64])
    delegating.end_early(delegation=found, by=request.user, at=now())
    messages.success(request, "It is over. What was decided under it stands.")
    return redirect("console:proposals-deputies")
