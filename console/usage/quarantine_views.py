"""The quarantine: what is held by reason, the events that match, and what is under way."""

from __future__ import annotations

from functools import partial

from django.http import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.permissions import Permission, permitted
from billing.overview.queries import events, quarantine
from billing.overview.queries.held_subjects import held_subjects
from console.shell.access import COUNTS, StaffRequest, may_any, screen, sees_accounts
from console.shell.query_params import day_of, filters_of, month_of, position_of
from console.usage import sheets
from console.usage.settle_views import PROPOSE, asked_zone, chosen_of
from core.clock import now
from usage.filters import HeldEventFilters
from usage.models import QuarantineReason


@require_GET
@screen(*COUNTS)
def quarantine_list(request: StaffRequest, kind: str = "") -> HttpResponseBase:
    """What is held, by reason, and the events of one reason."""
    filters, day = filters_of(request, HeldEventFilters, "on", "in"), day_of(request, "on")
    month = month_of(request, "in")
    reason, held = filters.value("reason"), quarantine.held()
    page, choice, zone = None, None, "UTC"
    if sees_accounts(request.user):
        zone = asked_zone(request)
        choice = chosen_of(request, zone)
        read = partial(quarantine.held_page, filters=filters, window=choice.window)
        if kind:
            return sheets.HELD.of_pages(kind, read)
        page = read(position=position_of(request))
    if kind:
        return sheets.HELD_COUNTS.of_rows(kind, held.reasons)
    context = {
        "matching": quarantine.chosen(choice) if reason and choice else None,
        "under_way": quarantine.settlements_under_way(),
        "held": held,
        "reason": reason,
        "row": next((row for row in held.reasons if row.code == reason), None),
        "page": page,
        "day": day,
        "month": month,
        "zone": zone,
        "asked": {name: filters.value(name) for name in ("subject", "type", "source")},
        "is_part": any(filters.value(name) for name in ("subject", "type", "source"))
        or bool(day or month),
        "is_narrow": filters.is_narrow or bool(day or month),
        "sources": events.source_names() if page is not None else (),
        "reasons": QuarantineReason.choices,
        "now": now(),
        "may_retry": may_any(request.user, PROPOSE),
        "may_decide": permitted(request.user, Permission.QUARANTINE_SETTLE_PROPOSE),
        "subjects": held_subjects(reason) if reason and page is not None else None,
        "may_register": reason == QuarantineReason.UNKNOWN_SUBJECT
        and permitted(request.user, Permission.ACCOUNTS_MAINTAIN),
    }
    return render(request, "console/usage/quarantine.html", context)
