"""Bill runs: the list, one run with its progress, what is parked, and trying that again."""

from __future__ import annotations

from functools import partial

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.permissions import Permission, permitted
from billing.invoicing.filters import ParkedFilters
from billing.invoicing.models import BillRun
from billing.invoicing.operations import bill_runs
from billing.invoicing.queries import bill_runs as runs
from billing.invoicing.queries.run_figures import run_before, run_figures
from billing.invoicing.queries.run_pace import run_pace
from billing.invoicing.queries.run_progress import progress
from console.runs import sheets
from console.runs.pace_text import tell_pace
from console.shell import charts
from console.shell.access import BILLING, COUNTS, StaffRequest, refused, screen, sees_accounts
from console.shell.forms import RetryForm
from console.shell.query_params import filters_of, position_of
from core.clock import now


@require_GET
@screen(*COUNTS)
def run_list(request: StaffRequest, kind: str = "") -> HttpResponseBase:
    """Bill runs, newest first."""
    if kind:
        return sheets.RUNS.of_pages(kind, runs.run_page)
    context = {"page": runs.run_page(position=position_of(request)), "now": now()}
    return render(request, "console/runs/runs.html", context)


@require_GET
@screen(*COUNTS)
def run(request: StaffRequest, public_id: str, kind: str = "") -> HttpResponseBase:
    """One run; asked by htmx while it runs, only its progress."""
    found, at = runs.find(public_id), now()
    if kind:
        return _parked_file(request, found, kind)
    figures = None if request.htmx else run_figures(found, at=at)
    counts = progress(found.pk) if figures is None else figures.progress
    context = {
        "run": found,
        "progress": counts,
        "done_width": charts.progress(counts.settled - counts.parked, counts.total),
        "parked_from": charts.progress(counts.settled - counts.parked, counts.total),
        "parked_width": charts.progress(counts.parked, counts.total),
        "pace": tell_pace(run_pace(found, at=at), counts),
    }
    if request.htmx:
        return render(request, "console/runs/_run_progress.html", context)
    filters, last = filters_of(request, ParkedFilters), run_before(found)
    context |= {
        "figures": figures,
        "before": run_figures(last, at=at) if last else None,
        "sees_accounts": sees_accounts(request.user),
        "code": filters.value("reason"),
        "reasons": runs.parked_reasons(found),
        "page": runs.parked_page(position=position_of(request), run=found, filters=filters)
        if sees_accounts(request.user)
        else None,
        "may_retry": permitted(request.user, Permission.WORK_RETRY),
        "may_release": permitted(request.user, Permission.RUN_APPROVE),
        "form": RetryForm(),
        "now": at,
    }
    return render(request, "console/runs/run.html", context)


def _parked_file(request: StaffRequest, found: BillRun, kind: str) -> HttpResponseBase:
    """What is parked, for those who may see whose it is."""
    if not sees_accounts(request.user):
        return refused(request, BILLING)
    filters = filters_of(request, ParkedFilters)
    return sheets.PARKED.of_pages(kind, partial(runs.parked_page, run=found, filters=filters))


@require_POST
@screen(Permission.WORK_RETRY)
def run_retry(request: StaffRequest, public_id: str) -> HttpResponse:
    """Put the parked accounts of a run back to work."""
    found, form = runs.find(public_id), RetryForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Nothing was retried: say why first.")
        return redirect("console:run", found.public_id)
    count = bill_runs.retry_parked(
        run=found, at=now(), by=request.user.actor, reason=form.cleaned_data["reason"]
    )
    noun = "account goes" if count == 1 else "accounts go"
    messages.success(request, f"{count} parked {noun} back to work.")
    return redirect("console:run", found.public_id)
