"""The inbox: what waits for somebody, and four numbers that open."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.queries.proposed_roles import waiting_for
from billing.overview.queries import events, quarantine
from billing.overview.queries.open_work import open_work
from console.shell.access import COUNTS, StaffRequest, screen, sees_accounts
from core.clock import now


@require_GET
@screen(*COUNTS)
def inbox(request: StaffRequest) -> HttpResponse:
    """Parked accounts, drafts, proposed roles, quarantine, and how fresh the usage is."""
    work, held = open_work(), quarantine.held()
    proposed = waiting_for(request.user)
    context = {
        "proposed_roles": proposed,
        "work": work,
        "held": held,
        "newest_at": events.newest_received_at(),
        "nothing_waits": not (work.parked.count or work.drafts.count or held.count or proposed),
        "sees_accounts": sees_accounts(request.user),
        "now": now(),
    }
    return render(request, "console/shell/inbox.html", context)
