"""Approving many at once: what is theirs to approve is shown with its sum, then each by itself."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from approvals.operations.deciding_many import approve_many
from approvals.queries.bulk import bulk_plan
from console.approvals.confirming import asked_who_they_are, confirmed_at
from console.shell.access import BILLING, StaffRequest, screen
from core.clock import now

ROWS_MAX: Final = 100


@require_POST
@screen(*BILLING)
def decide_many(request: StaffRequest) -> HttpResponse:
    """Show what approving the ticked ones would do; done when that is confirmed."""
    seen = _ticked(request)
    if not seen:
        messages.error(request, "Nothing was done: tick the proposals first.")
        return redirect("console:proposals")
    at = now()
    context: dict[str, Any] = {"now": at, "most": ROWS_MAX}
    if request.POST.get("do") == "approve":
        back = asked_who_they_are(request, back_to=reverse("console:proposals"))
        if back is not None:
            return back
        context["outcomes"] = approve_many(
            seen, by=request.user, at=at, confirmed_at=confirmed_at(request)
        )
    else:
        context["plan"] = bulk_plan(seen, by=request.user, at=at)
    return render(request, "console/approvals/decide_many.html", context)


def _ticked(request: StaffRequest) -> dict[str, str]:
    """By public id the seal of each that was ticked, up to a hundred."""
    pairs = (each[:160].partition(":") for each in request.POST.getlist("row")[:ROWS_MAX])
    return {public_id: seal for public_id, _, seal in pairs if seal}
