"""Parallel runs: a foreign bill against ours, by named reason, down to the row."""

from __future__ import annotations

from functools import partial

from django.http import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from billing.parallel_run import queries
from console.runs import sheets
from console.shell.access import BILLING, StaffRequest, screen
from console.shell.query_params import choice, position_of, words


@require_GET
@screen(*BILLING)
def parallel_list(request: StaffRequest, kind: str = "") -> HttpResponseBase:
    """Comparisons, newest first."""
    if kind:
        return sheets.PARALLEL.of_pages(kind, queries.run_page)
    context = {
        "page": queries.run_page(position=position_of(request)),
        "under_way": queries.under_way(),
    }
    return render(request, "console/runs/parallel_runs.html", context)


@require_GET
@screen(*BILLING)
def parallel_run(request: StaffRequest, public_id: str, kind: str = "") -> HttpResponseBase:
    """One comparison: its reasons, and its rows in the order of the file."""
    found = queries.find(public_id)
    by_sku = choice(request, "by", ["sku"]) == "sku"
    reason = words(request, "reason") if "reason" in request.GET else None
    only_different = request.GET.get("show") != "all" and reason is None
    read = (
        partial(queries.compared_skus, found)
        if by_sku
        else partial(queries.compared_rows, found, reason=reason, only_different=only_different)
    )
    if kind:
        sheet = sheets.COMPARED_SKUS if by_sku else sheets.COMPARED_ROWS
        return sheet.of_pages(kind, read)
    context = {
        "run": queries.run_row(found),
        "reasons": queries.reasons(found),
        "reason": reason,
        "by_sku": by_sku,
        "only_different": only_different,
        "page": read(position=position_of(request)),
    }
    return render(request, "console/runs/parallel_run.html", context)
