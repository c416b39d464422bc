"""How far the sources of events are complete, as they say, and which of them bills wait for."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from console.shell.access import BILLING, StaffRequest, screen
from core.clock import now
from usage.queries.source_progress import source_rows


@require_GET
@screen(*BILLING)
def source_list(request: StaffRequest) -> HttpResponse:
    """Sources by name."""
    return render(request, "console/usage/sources.html", {"rows": source_rows(), "now": now()})
