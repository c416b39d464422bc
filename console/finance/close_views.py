"""Closing a month: five totals, what must be zero, two signatures, the lock, and its batches."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.permissions import Permission, permitted
from billing.closing.months import BooksMonth, read_month
from billing.closing.operations import check_work, closing, journal_batches
from billing.closing.operations.recognition import recognise
from billing.closing.queries.check_progress import CheckProgress, check_progress
from billing.closing.queries.closes import known_months, standing
from billing.closing.queries.journal_file import (
    COLUMNS,
    find_batch,
    name_of,
    rows_of_batch,
)
from billing.closing.queries.revenue import revenue_of
from billing.closing.queries.totals import differing_invoices
from console.finance.close_text import (
    counts_of,
    links_of,
    locked_text,
    states_of,
    why_not_sign,
)
from console.shell import charts
from console.shell.access import BILLING, StaffRequest, screen
from console.shell.files import list_file
from core.actor import require_said
from core.clock import now

SIGN: Final = Permission.CLOSE_SIGN


@require_GET
@screen(*BILLING)
def closes(request: StaffRequest) -> HttpResponse:
    """The months that were closed or checked, and the one that is next."""
    return render(request, "console/finance/closes.html", {"months": known_months(at=now())})


@require_GET
@screen(*BILLING)
def close(request: StaffRequest, month: str) -> HttpResponse:
    """How a month stands, as it was checked last."""
    asked, at = read_month(month), now()
    progress = check_progress(asked)
    if request.htmx:
        return _progress(request, asked, progress)
    found = standing(asked, at=at)
    may = permitted(request.user, SIGN)
    context = {
        "standing": found,
        "month": asked,
        "links": links_of(found),
        "states": states_of(found),
        "counts": counts_of(found),
        "locked": locked_text(found),
        "may": may,
        "why_not_sign": why_not_sign(found, request.user.actor.id, may=may),
        "settled": sum(each.is_settled for each in found.counts),
        "revenue": revenue_of(asked),
        "differing": [] if all(each.agrees for each in found.pairs) else differing_invoices(asked),
        "before": asked.before,
        "progress": progress,
        "done_width": _done_width(progress),
    }
    return render(request, "console/finance/close.html", context)


def _progress(
    request: StaffRequest, month: BooksMonth, progress: CheckProgress | None
) -> HttpResponse:
    """How far the check is; once it has ended, the whole page has more to show."""
    if progress is None:
        answer = HttpResponse()
        answer["HX-Refresh"] = "true"
        return answer
    context = {"month": month, "progress": progress, "done_width": _done_width(progress)}
    return render(request, "console/finance/_check_progress.html", context)


def _done_width(progress: CheckProgress | None) -> str:
    return charts.progress(progress.step, progress.steps) if progress else ""


@require_POST
@screen(SIGN)
def close_step(request: StaffRequest, month: str, step: str) -> HttpResponseBase:
    """One step of closing a month, then its page again."""
    asked = read_month(month)
    said = _STEPS[step](request, asked, now())
    messages.success(request, said)
    return redirect("console:close", str(asked))


@require_GET
@screen(*BILLING)
def journal_batch(request: StaffRequest, public_id: str, kind: str) -> HttpResponseBase:
    """The file of a batch; as CSV it is the one that left the first time, to the byte."""
    batch = find_batch(public_id)
    return list_file(kind, name_of(batch), COLUMNS, rows_of_batch(batch))


def _recheck(request: StaffRequest, month: BooksMonth, at: datetime) -> str:
    check_work.ask(month=month, at=at, by=request.user.actor)
    return "The check has begun; it goes on in the background."


def _recognise(request: StaffRequest, month: BooksMonth, at: datetime) -> str:
    made = recognise(
        month=month, at=at, by=request.user.actor, reason=f"Closing {month.first_on:%B %Y}"
    )
    return "The revenue of the month is recognised." if made else "All of it was recognised before."


def _sign(request: StaffRequest, month: BooksMonth, at: datetime) -> str:
    closing.sign(month=month, seen=request.POST.get("digest", ""), at=at, by=request.user.actor)
    return "You signed the five totals."


def _waive(request: StaffRequest, month: BooksMonth, at: datetime) -> str:
    closing.waive(
        month=month,
        code=request.POST.get("code", ""),
        at=at,
        by=request.user.actor,
        reason=_reason(request),
    )
    return "The count is waived as it stands."


def _lock(request: StaffRequest, month: BooksMonth, at: datetime) -> str:
    closing.lock(month=month, at=at, by=request.user.actor, reason=_reason(request))
    return f"{month.first_on:%B %Y} is locked."


def _reopen(request: StaffRequest, month: BooksMonth, at: datetime) -> str:
    closing.reopen(month=month, at=at, by=request.user.actor, reason=_reason(request))
    return f"{month.first_on:%B %Y} is open again."


def _export(request: StaffRequest, month: BooksMonth, at: datetime) -> str:
    batches = journal_batches.export(month=month, at=at, by=request.user.actor)
    return f"The journals of the month are in {len(batches)} batch{'es' * (len(batches) > 1)}."


def _reason(request: StaffRequest) -> str:
    return require_said(request.POST.get("reason", "")[:500], "Say why.")


_STEPS: Final[dict[str, Callable[[StaffRequest, BooksMonth, datetime], str]]] = {
    "check": _recheck,
    "recognise": _recognise,
    "sign": _sign,
    "waive": _waive,
    "lock": _lock,
    "reopen": _reopen,
    "export": _export,
}
STEPS: Final = tuple(_STEPS)
"""What `close_step` can do; the address names no other."""
