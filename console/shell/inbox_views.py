"""The inbox: what waits for somebody, in the order of their role, and four numbers that open."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.operations import desks
from accounts.permissions import Permission, permitted, roles_of
from billing.closing.tasks import ring_close_checks
from billing.invoicing.tasks import ring_bill_comparisons, ring_bill_runs
from billing.overview.queries import events, quarantine
from billing.overview.queries.health import billing_checks
from billing.overview.queries.open_work import OpenCount, OpenWork, open_work
from billing.overview.queries.quarantine import HeldEvents
from billing.papers.tasks import ring_papers
from billing.whatif.tasks import ring_simulations
from console.shell import formats
from console.shell.access import COUNTS, StaffRequest, screen, sees_accounts
from console.shell.forms import PutsOffForm
from console.shell.hour_text import tell_hours
from console.shell.inbox_queue import QueueRow, queue_of
from console.shell.inbox_text import (
    CHECKS,
    RINGS,
    InboxPlan,
    InboxTile,
    LateWork,
    late_work,
    newest_tile,
    plan_for,
    tile,
)
from core.clock import now
from core.errors import DomainError
from usage.queries.health import usage_checks
from usage.queries.source_hours import reported_hours
from usage.tasks import make_partitions, refresh_stale_usage

_RINGS: Final = {
    "partitions": make_partitions,
    "stale_usage": refresh_stale_usage,
    "bill_runs": ring_bill_runs,
    "simulations": ring_simulations,
    "close_checks": ring_close_checks,
    "bill_comparisons": ring_bill_comparisons,
    "papers": ring_papers,
}
assert _RINGS.keys() == RINGS


@require_GET
@screen(*COUNTS)
def inbox(request: StaffRequest) -> HttpResponse:
    """What is open, how fresh the usage is, and which source is silent."""
    work, held, at = open_work(), quarantine.held(), now()
    plan = plan_for(roles_of(request.user))
    tiles = _tiles(work, held, at)
    queue = queue_of(request.user, at=at)
    context = {
        "plan": plan,
        "tiles": [tiles[name] for name in plan.tiles],
        "main": [_template(name) for name in plan.main],
        "side": [_template(name) for name in plan.side],
        "queue": queue,
        "parked_runs": list(dict.fromkeys(item.run for item in work.parked_items)),
        "may_retry": permitted(request.user, Permission.WORK_RETRY),
        "work": work,
        "held": held,
        "late": _late(plan, at),
        "chart": tell_hours(reported_hours(at=at)),
        "tomorrow": at + timedelta(days=1),
        "nothing_waits": not (queue.rows or work.parked.count or work.drafts.count or held.count),
        "sees_accounts": sees_accounts(request.user),
        "now": at,
    }
    return render(request, "console/shell/inbox.html", context)


@require_POST
@screen(Permission.WORK_RETRY)
def inbox_ring(request: StaffRequest) -> HttpResponse:
    """Wake workers for what is due of one kind of work; what there is to do is in the rows."""
    work = request.POST.get("work", "")
    if work not in _RINGS:
        messages.error(request, "Nobody was woken: the form names no kind of work.")
        return redirect("console:inbox")
    _RINGS[work].delay()
    messages.success(request, f"Workers are woken for: {CHECKS[work].lower()}.")
    return redirect("console:inbox")


@require_POST
@screen(*COUNTS)
def inbox_put_off(request: StaffRequest) -> HttpResponse:
    """Put a row of one's own out of sight until a day, or have it back."""
    at, form = now(), PutsOffForm(request.POST)
    row = queue_of(request.user, at=at).row_about(request.POST.get("about", "")[:64])
    if row is None:
        messages.error(request, "Nothing was put off: this does not wait for you any more.")
    elif "back" in request.POST:
        desks.bring_back(person=request.user, about=row.about, at=at)
        messages.success(request, f"“{row.title}” is back.")
    elif not form.is_valid():
        messages.error(request, f"Nothing was put off: {form.said}")
    else:
        _put_off(request, row, form, at)
    return redirect("console:inbox")


def _put_off(request: StaffRequest, row: QueueRow, form: PutsOffForm, at: datetime) -> None:
    until, reason = form.until, form.cleaned_data["reason"]
    try:
        desks.put_off(
            person=request.user,
            about=row.about,
            until=until,
            due_at=row.due_at,
            at=at,
            reason=reason,
        )
    except DomainError as problem:
        messages.error(request, problem.message)
    else:
        messages.success(request, f"“{row.title}” comes back on {formats.date_text(until.date())}.")


def _template(section: str) -> str:
    return f"console/shell/inbox/{section}.html"


def _tiles(work: OpenWork, held: HeldEvents, at: datetime) -> dict[str, InboxTile]:
    in_quarantine = OpenCount(held.count, is_more=False, oldest=held.oldest)
    return {
        "parked": tile("parked", work.parked, now=at),
        "drafts": tile("drafts", work.drafts, now=at),
        "quarantine": tile("quarantine", in_quarantine, now=at),
        "newest": newest_tile(events.newest_received_at(), now=at),
    }


def _late(plan: InboxPlan, at: datetime) -> list[LateWork]:
    """What is late, for those who look after it."""
    is_shown = "late" in plan.main
    return late_work([*usage_checks(at=at), *billing_checks(at=at)]) if is_shown else []
