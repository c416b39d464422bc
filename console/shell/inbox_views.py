"""The inbox: what waits for somebody, in the order of their role, and four numbers that open."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.permissions import roles_of
from accounts.queries.disclosures import disclosures_waiting_for
from accounts.queries.proposed_roles import waiting_for
from billing.disputes.queries.cases import waiting
from billing.overview.queries import events, quarantine
from billing.overview.queries.health import billing_checks
from billing.overview.queries.open_work import OpenCount, OpenWork, open_work
from billing.overview.queries.quarantine import HeldEvents
from console.shell.access import COUNTS, StaffRequest, screen, sees_accounts
from console.shell.hour_text import tell_hours
from console.shell.inbox_text import (
    InboxPlan,
    InboxTile,
    LateWork,
    late_work,
    newest_tile,
    plan_for,
    tile,
)
from core.clock import now
from usage.queries.health import usage_checks
from usage.queries.source_hours import reported_hours

DISPUTES_SHOWN: Final = 20


@require_GET
@screen(*COUNTS)
def inbox(request: StaffRequest) -> HttpResponse:
    """What is open, how fresh the usage is, and which source is silent."""
    work, held, at = open_work(), quarantine.held(), now()
    plan = plan_for(roles_of(request.user))
    proposed, asked = waiting_for(request.user), disclosures_waiting_for(request.user)
    tiles = _tiles(work, held, at)
    contested = waiting(most=DISPUTES_SHOWN) if "disputes" in plan.main else []
    context = {
        "plan": plan,
        "tiles": [tiles[name] for name in plan.tiles],
        "main": [_template(name) for name in plan.main],
        "side": [_template(name) for name in plan.side],
        "proposed_roles": proposed,
        "disclosures": asked,
        "disputes": contested,
        "work": work,
        "held": held,
        "late": _late(plan, at),
        "chart": tell_hours(reported_hours(at=at)),
        "nothing_waits": not (
            work.parked.count or work.drafts.count or held.count or proposed or asked or contested
        ),
        "sees_accounts": sees_accounts(request.user),
        "now": at,
    }
    return render(request, "console/shell/inbox.html", context)


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
