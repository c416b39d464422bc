"""Who else was charged like a contested line, and the batches in which they are credited."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.permissions import Permission
from billing.disputes.models import CreditBatch
from billing.disputes.operations import batches
from billing.disputes.operations.batch_proposals import PutForward, put_forward_batch
from billing.disputes.queries import batches as read
from billing.disputes.queries import cases
from billing.disputes.queries.alike import alike_found
from billing.disputes.queries.shared_causes import shared_cause
from console.disputes import sheets
from console.disputes.forms import ReasonedStep
from console.disputes.posting import posted
from console.shell import formats
from console.shell.access import StaffRequest, may_any, refused, screen
from console.shell.query_params import choice, position_of
from core.clock import now
from core.errors import DomainError, Invalid
from core.money import sums_by_currency

READ: Final = (Permission.DISPUTE_HANDLE, Permission.DISPUTE_READ)
HANDLE: Final = (Permission.DISPUTE_HANDLE,)
_METHODS: Final = ["GET", "HEAD", "POST"]


@require_http_methods(_METHODS)
@screen(*READ)
def dispute_others(request: StaffRequest, ref: str, line: str) -> HttpResponse:
    """Everybody with the cause of a contested line who did not complain; drafts a batch of them."""
    contested = cases.find_line(cases.find(ref), line)
    is_wide = choice(request, "of", ["all"]) == "all"
    cause = shared_cause(contested, narrow=not is_wide)
    form = ReasonedStep(request.POST or None)
    context: dict[str, Any] = {
        "case": contested.case,
        "line": contested,
        "cause": cause,
        "is_wide": is_wide,
        "form": form,
        "may_handle": may_any(request.user, HANDLE),
        "now": now(),
    }
    status = 200
    if request.method == "POST" and cause is not None:
        if not context["may_handle"]:
            return refused(request, HANDLE)
        status = 422
        if form.is_valid():
            reason = form.cleaned_data["reason"]
            try:
                made = batches.draft(cause=cause, at=now(), by=request.user.actor, reason=reason)
                return redirect("console:dispute-batch", made.public_id)
            except DomainError as problem:
                context["problem"], status = problem, problem.status
    context["found"] = alike_found(cause) if cause is not None else None
    return render(request, "console/disputes/others.html", context, status=status)


@require_GET
@screen(*READ)
def batch_list(request: StaffRequest, kind: str = "") -> HttpResponseBase:
    """Batches of credits, the newest first."""
    if kind:
        return sheets.BATCHES.of_pages(kind, read.batch_page)
    page = read.batch_page(position=position_of(request))
    return render(request, "console/disputes/batches.html", {"page": page, "now": now()})


@require_http_methods(_METHODS)
@screen(*READ)
def batch(request: StaffRequest, public_id: str) -> HttpResponse:
    """What a batch comes to, line by line; put forward from here."""
    found = read.find_batch(public_id)

    def step() -> HttpResponse:
        _batch_step(request, found)
        return redirect("console:dispute-batch", found.public_id)

    def shows(problem: DomainError | None, status: int) -> HttpResponse:
        context = {
            "detail": read.batch_detail(found),
            "page": read.batch_rows(found, position=position_of(request)),
            "form": ReasonedStep(initial={"reason": request.POST.get("reason", "")[:500]}),
            "problem": problem,
            "may_handle": may_any(request.user, HANDLE),
            "now": now(),
        }
        return render(request, "console/disputes/batch.html", context, status=status)

    return posted(request, HANDLE, step, shows)


def _batch_step(request: StaffRequest, found: CreditBatch) -> None:
    """Take the step of a form. Raises: what the operation raises."""
    verb, _, row = request.POST.get("do", "").partition(":")
    at, by = now(), request.user
    if verb == "try-again":
        batches.try_again(batch=found, at=at)
    elif verb == "leave-out":
        reason = ReasonedStep(request.POST).said()
        batches.leave_out(row=read.find_row(found, row), at=at, by=by.actor, reason=reason)
    elif verb == "put-forward":
        reason = ReasonedStep(request.POST).said()
        _tell(request, put_forward_batch(batch=found, at=at, by=by, reason=reason))
    else:
        raise Invalid("Choose what to do with the buttons of the page.", field="do")


def _tell(request: StaffRequest, done: PutForward) -> None:
    amounts = sums_by_currency(each.amount for each in done.made if each.amount is not None)
    said = ", ".join(formats.money_text(each) for each in amounts) or "Nothing"
    left = f" {done.left} more invoices wait: do it again." if done.left else ""
    noun = "proposal" if len(done.made) == 1 else "proposals"
    messages.success(
        request, f"{said} in {len(done.made)} {noun} put forward. Another person decides.{left}"
    )
    if done.changed:
        noun = "invoice comes" if done.changed == 1 else "invoices come"
        messages.warning(
            request, f"{done.changed} {noun} to something else by now. Look at the lines again."
        )
    for sentence in done.refused[:3]:
        messages.error(request, f"Not put forward: {sentence}")
