"""Documents: how far the making is, what is set aside and trying it again, and taking one away."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.permissions import Permission, permitted
from billing.papers.operations import giving, making
from billing.papers.queries import papers
from console.papers import sheets
from console.shell.access import COUNTS, StaffRequest, screen, sees_accounts
from console.shell.forms import RetryForm
from console.shell.query_params import position_of
from core.clock import now
from core.downloads import download_headers


@require_GET
@screen(*COUNTS)
def paper_list(request: StaffRequest, kind: str = "") -> HttpResponseBase:
    """How many wait, and which were set aside and why."""
    at = now()
    if kind:
        return sheets.SET_ASIDE.of_pages(kind, papers.parked_files)
    context = {
        "outstanding": papers.outstanding(at=at),
        "page": papers.parked_files(position=position_of(request)),
        "sees_accounts": sees_accounts(request.user),
        "may_retry": permitted(request.user, Permission.WORK_RETRY),
        "form": RetryForm(),
        "now": at,
    }
    return render(request, "console/papers/papers.html", context)


@require_POST
@screen(Permission.WORK_RETRY)
def paper_retry(request: StaffRequest) -> HttpResponse:
    """Try every file that was set aside again."""
    form = RetryForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Nothing was tried again: say why first.")
        return redirect("console:papers")
    count = making.release_parked(
        at=now(), by=request.user.actor, reason=form.cleaned_data["reason"]
    )
    noun = "document goes" if count == 1 else "documents go"
    messages.success(request, f"{count} {noun} back to work.")
    return redirect("console:papers")


@require_GET
@screen(Permission.BILLING_READ)
def paper_file(request: StaffRequest, public_id: str) -> HttpResponse:
    """The stored bytes, to keep; they name people, so they are for who reads billing in full."""
    file = papers.find_file(public_id)
    given = giving.give(file, by=request.user.actor)
    return HttpResponse(
        given.content,
        content_type=given.media_type,
        headers=download_headers(name=given.name, sha256=given.sha256),
    )
