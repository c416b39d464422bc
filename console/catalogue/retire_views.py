"""Retire a plan: who has it is shown first, and keeps it."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission
from billing.catalogue.models import Plan
from billing.catalogue.operations.plans import PlanIsRetired, retire_plan
from billing.catalogue.queries import plans
from billing.contracts.queries.subscribers import subscribers_of
from console.finance.forms import SaysReason
from console.shell.access import StaffRequest, screen
from console.shell.stamped_forms import form_page
from core.clock import now


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

    def change(said: dict[str, Any]) -> None:
        plan = Plan.objects.get(public_id=found.public_id)
        retire_plan(plan=plan, at=at, by=request.user.actor, reason=said["reason"])

    done = f"{found.name} is retired. Who has it keeps it."
    to = reverse("console:plan", args=[found.public_id])
    return form_page(request, template, context, change, done=done, to=to)
