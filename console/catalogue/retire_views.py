"""Retiring a plan is put forward: who has it is shown first, and keeps it."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission
from billing.catalogue.operations.plans import PlanIsRetired
from billing.catalogue.queries import plans
from billing.contracts.queries.subscribers import subscribers_of
from console.approvals.asking import PutsForward, ask
from console.finance.forms import SaysReason
from console.shell.access import StaffRequest, screen
from console.shell.stamped_forms import shown_again
from core.clock import now
from core.errors import DomainError


class RetirePlanForm(PutsForward, SaysReason):
    """Why a plan should be offered to nobody new."""

    kind = "plan_retirement"


@require_http_methods(["GET", "HEAD", "POST"])
@screen(Permission.CATALOGUE_PROPOSE)
def plan_retire(request: StaffRequest, public_id: str) -> HttpResponse:
    """Put forward that a plan is offered to nobody new, with a reason."""
    at, template = now(), "console/catalogue/plan_retire.html"
    found = plans.plan_detail(public_id, at=at)
    if found.retired_at is not None:
        raise PlanIsRetired(f"{found.name} was retired on {found.retired_at:%-d %B %Y}.")
    form = RetirePlanForm(request.POST or None)
    context = {"plan": found, "form": form, "held": subscribers_of(found.public_id, at=at)}
    if request.method != "POST":
        return render(request, template, context)
    if not form.is_valid():
        return render(request, template, context, status=422)
    try:
        return ask(request, form.wish({"plan": found.public_id}))
    except DomainError as problem:
        return shown_again(request, template, context, problem)
