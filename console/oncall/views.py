"""The page of whoever is on call, and pausing a queue or letting it go on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.permissions import Permission, permitted
from billing.overview.queries import events
from billing.overview.queries.on_call import on_call
from console.oncall.day_text import tell_day
from console.oncall.forms import PauseForm, ResumeForm
from console.shell.access import COUNTS, StaffRequest, screen
from core.clock import now
from core.errors import DomainError
from duty.operations import pauses
from duty.queries.pauses import open_pauses

QUEUES: Final = {
    "billing": "bill runs, thresholds, settlements, payments put on what is open",
    "usage": "figures that are built again; readers build them instead, and wait",
    "papers": "documents",
    "whatif": "back-tests and searches for mistakes",
    "slowhooks": "webhooks to receivers that are slow",
    "webhooks": "webhooks",
    "default": "expiries, promises of time, tidying",
}
"""What stands still with a queue; a test holds the names to config.queues."""


@require_GET
@screen(*COUNTS)
def oncall(request: StaffRequest) -> HttpResponse:
    """What is late, stuck or growing, queues, the last day; renewed while it is looked at."""
    at = now()
    seen = on_call(list(QUEUES), at=at)
    waiting = [queue.oldest for queue in seen.queues if queue.oldest]
    context = {
        "seen": seen,
        "queues": [(each, QUEUES[each.name]) for each in seen.queues],
        "newest": events.newest_received_at(),
        "oldest": min(waiting, default=None),
        "due": sum(queue.due for queue in seen.queues),
        "day": tell_day(seen, at=at),
        "may_pause": permitted(request.user, Permission.WORK_RETRY),
        "runbook": settings.RUNBOOK_URL,
        "is_still": "still" in request.GET,
        "now": at,
    }
    name = "_oncall" if request.htmx else "oncall"
    return render(request, f"console/oncall/{name}.html", context)


@require_http_methods(["GET", "POST"])
@screen(Permission.WORK_RETRY)
def oncall_queue(request: StaffRequest, queue: str) -> HttpResponse:
    """Pause a queue, or let it go on: whichever it is not."""
    if queue not in QUEUES:
        raise Http404
    at = now()
    pause = open_pauses(at=at).get(queue)
    form = (ResumeForm if pause else PauseForm)(request.POST or None)
    context: dict[str, Any] = {
        "queue": queue,
        "stands_still": QUEUES[queue],
        "pause": pause,
        "form": form,
        "problem": None,
        "now": at,
    }
    if request.method == "POST" and form.is_valid():
        try:
            messages.success(request, _done(request, queue, form.cleaned_data))
            return redirect("console:oncall")
        except DomainError as problem:
            context["problem"] = problem
            return render(request, "console/oncall/queue.html", context, status=problem.status)
    return render(request, "console/oncall/queue.html", context)


def _done(request: StaffRequest, queue: str, given: dict[str, Any]) -> str:
    """Do what the form asks; what was done, in words. Raises: DomainError."""
    at, who = now(), {"by": request.user.actor, "reason": given["reason"]}
    if "minutes" not in given:
        pauses.resume(queue=queue, at=at, **who)
        return f"The queue {queue} goes on. The next ring finds what is due."
    until = at + timedelta(minutes=int(given["minutes"]))
    pauses.pause(queue=queue, until=until, at=at, **who)
    return f"The queue {queue} stands still until {until:%H:%M} UTC. What was begun is finished."
