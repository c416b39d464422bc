"""The reply pack of a case: what the customer will read, before it is frozen and sent."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from billing.disputes.models import DisputeCase
from billing.disputes.operations.replies import reply_preview, send_reply
from billing.disputes.queries import cases
from console.disputes.answer_text import suggested
from console.disputes.forms import SendsReply
from console.disputes.views import HANDLE
from console.shell.access import StaffRequest, screen
from core.clock import now
from core.db.stamps import ChangedSince
from core.errors import DomainError

_PAGE = "console/disputes/reply.html"


@require_http_methods(["GET", "HEAD", "POST"])
@screen(*HANDLE)
def dispute_reply(request: StaffRequest, ref: str) -> HttpResponse:
    """What would be sent, as the customer reads it; sent from here with its PDF."""
    case, at = cases.find(ref), now()
    if request.method != "POST":
        content, seen = reply_preview(case, words="", at=at)
        words = suggested(cases.case_detail(case, at=at))
        form = SendsReply(initial={"words": words, "seen": seen})
        return render(request, _PAGE, {"case": case, "form": form, "content": content})
    form = SendsReply(request.POST)
    if not form.is_valid():
        return render(request, _PAGE, _shown(case, form), status=422)
    said = form.cleaned_data
    try:
        send_reply(case=case, words=said["words"], seen=said["seen"], at=at, by=request.user.actor)
    except DomainError as problem:
        if isinstance(problem, ChangedSince):
            form = SendsReply({"words": said["words"], "seen": problem.stamp})
        context = _shown(case, form) | {"problem": problem}
        return render(request, _PAGE, context, status=problem.status)
    messages.success(request, "Sent, with its PDF. What was sent cannot be changed.")
    return redirect("console:dispute", case.public_id)


def _shown(case: DisputeCase, form: SendsReply) -> dict[str, Any]:
    content, _ = reply_preview(case, words="", at=now())
    return {"case": case, "form": form, "content": content}
