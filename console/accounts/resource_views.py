"""A resource of the platform: its owners over time."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from billing.overview.queries import resources
from console.shell.access import BILLING, StaffRequest, screen


@require_GET
@screen(*BILLING)
def resource(request: StaffRequest, public_id: str) -> HttpResponse:
    """One resource, everyone who owned it, and what is below it."""
    return render(
        request, "console/accounts/resource.html", {"detail": resources.detail(public_id)}
    )
