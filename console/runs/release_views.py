"""Let a parked bill pass that a gate keeps back: the figure is shown, and a person says why."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission
from billing.invoicing.operations import gates
from billing.invoicing.queries import bill_runs as runs
from console.shell.access import StaffRequest, screen
from console.shell.forms import ReasonField
from core.clock import now
from core.errors import DomainError


class ReleaseForm(forms.Form):
    """Why the bill is right as it is."""

    reason = ReasonField("Why is it right as it is?")


@require_http_methods(["GET", "POST"])
@screen(Permission.RUN_APPROVE)
def run_release(request: StaffRequest, public_id: str, account_id: str) -> HttpResponse:
    """A parked bill with the figure that tripped; released once a reason is given."""
    run = runs.find(public_id)
    item = runs.find_parked(run, account_id)
    form = ReleaseForm(request.POST or None)
    context = {"run": run, "item": runs.parked_item(item), "form": form, "problem": None}
    if request.method == "POST" and form.is_valid():
        try:
            gates.release(
                item=item, at=now(), by=request.user.actor, reason=form.cleaned_data["reason"]
            )
        except DomainError as problem:
            context["problem"] = problem
            return render(request, "console/runs/release.html", context, status=problem.status)
        messages.success(request, "The bill is released and goes back to work.")
        return redirect("console:run", run.public_id)
    return render(request, "console/runs/release.html", context)
