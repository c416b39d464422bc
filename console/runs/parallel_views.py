"""Parallel runs: a foreign bill against ours, by named reason, down to the row."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from billing.parallel_run import queries
from console.shell.access import BILLING, StaffRequest, screen
from console.shell.query_params import choice, position_of, words


@require_GET
@screen(*BILLING)
def parallel_list(request: StaffRequest) -> HttpResponse:
    """Comparisons, newest first."""
    context = {
        "page": queries.run_page(position=position_of(request)),
        "under_way": queries.under_way(),
    }
    return render(request, "console/runs/parallel_runs.html", context)


@require_GET
@screen(*BILLING)
def parallel_run(request: StaffRequest, public_id: str) -> HttpResponse:
    """One comparison: its reasons, and its rows in the order of the file."""
    found, position = queries.find(public_id), position_of(request)
    by_sku = choice(request, "by", ["sku"]) == "sku"
    reason = words(request, "reason") if "reason" in request.GET else None
    only_different = request.GET.get("show") != "all" and reason is None
    context = {
        "run": queries.run_row(found),
        "reasons": queries.reasons(found),
        "reason": reason,
        "by_sku": by_sku,
        "only_different": only_different,
        "page": queries.compared_skus(found, position=position)
        if by_sku
        else queries.compared_rows(
            found, position=position, reason=reason, only_different=only_different
        ),
    }
    return render(request, "console/runs/parallel_run.html", context)
