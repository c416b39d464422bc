"""Retire a plan: who has it is shown first, and keeps it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission
from billing.catalogue.models import Plan
from billing.catalogue.operations.plans import PlanIsRetired, retire_plan
from billing.catalogue.queries import plans
from billing.contracts.queries.subscribers import subscribers_of
from console.finance.forms import SaysReason
from console.shell.access import StaffRequest, screen
from console.shell.stamped_forms import shown_again
from core.clock import now
from core.errors import DomainError


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.CATALOGUE_APPROVE)
def plan_retire(request: StaffRequest, public_id: str) -> HttpResponse:
    """Offer a plan to nobody new, with a reason."""
    at, template = now(), "console/catalogue/plan_retire.html"
    found = plans.plan_detail(public_id, at=at)
    if found.retired_at is not None:
        raise PlanIsRetired(f"{found.name} was retired on {found.retired_at:%-d %B %Y}.")
    form = SaysReason(request.POST or None)
    context = {"plan": found, "form": form, "held": subscribers_of(found.public_id, at=at)}
    if request.method != "POST" or not form.is_valid():
        return render(request, template, context, status=422 if form.is_bound else 200)
    try:
        retire_plan(
            plan=Plan.objects.get(public_id=found.public_id),
            at=at,
            by=request.user.actor,
            reason=form.cleaned_data["reason"],
        )
    except DomainError as problem:
        return shown_again(request, template, context, problem)
    messages.success(request, f"{found.name} is retired. Who has it keeps it.")
    return redirect("console:plan", found.public_id)
