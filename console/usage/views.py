"""Usage: accepted events, meters."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Final

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.models import Account, Resource
from accounts.permissions import Permission, permitted
from accounts.queries.profiles import profile_at, zone_of_owner
from billing.catalogue.queries import meters
from billing.overview.queries import accounts, events
from billing.overview.queries.events import EventScope
from console.catalogue.sheets import METERS
from console.shell.access import BILLING, StaffRequest, may_any, screen
from console.shell.clock_changes import clock_changes
from console.shell.query_params import choice, day_of, filters_of, position_of, words
from console.usage import sheets
from core.clock import now
from usage.filters import VERDICTS, EventFilters

CATALOGUE: Final = (Permission.CATALOGUE_PROPOSE, Permission.CATALOGUE_APPROVE)


@require_GET
@screen(*BILLING)
def event_list(request: StaffRequest, kind: str = "") -> HttpResponseBase:
    """The events of one day, narrowed by what they are about and what became of them."""
    account_id, resource_id = words(request, "account"), words(request, "resource")
    account = accounts.find(account_id) if account_id else None
    resource = events.resource_of(resource_id) if resource_id else None
    zone = _zone(account, resource)
    types, sources = events.event_types(), events.source_names()
    choice(request, "type", types)
    choice(request, "source", sources)
    filters = filters_of(request, EventFilters, "on", "account", "resource")
    day = day_of(request, "on") or events.newest_day() or now().date()
    window = events.day_window(day, zone)
    wanted = EventScope(
        window=window,
        account_id=account.pk if account else None,
        resource_id=resource.pk if resource else None,
    )
    read = partial(events.event_page, wanted, filters=filters)
    if kind:
        return sheets.EVENTS.of_pages(kind, read)
    context = {
        "page": read(position=position_of(request)),
        "day": day,
        "day_before": day - timedelta(days=1),
        "day_after": day + timedelta(days=1),
        "zone": zone,
        "clock_changes": clock_changes(window, zone, "day"),
        "account": account,
        "resource": resource,
        "types": types,
        "type": filters.value("type"),
        "sources": sources,
        "source": filters.value("source"),
        "verdicts": VERDICTS.items(),
        "verdict": filters.value("verdict"),
        "is_narrow": filters.is_narrow,
    }
    return render(request, "console/usage/events.html", context)


def _zone(account: Account | None, resource: Resource | None) -> str:
    """The clock of the page: that of the account it is about, or of the resource's owner."""
    at = now()
    if account is None:
        return (resource and zone_of_owner(resource.platform_id, at)) or "UTC"
    profile = profile_at(account, at)
    return profile.zone if profile else "UTC"


@require_GET
@screen(*BILLING)
def meter_list(request: StaffRequest, kind: str = "") -> HttpResponseBase:
    """Every meter."""
    found = meters.meters()
    if kind:
        return METERS.of_rows(kind, found)
    context = {"meters": found}
    return render(request, "console/catalogue/meters.html", context)


@require_GET
@screen(*BILLING)
def meter(request: StaffRequest, code: str) -> HttpResponse:
    """One meter with its versions."""
    context = {
        "meter": meters.detail(code),
        "may_propose": may_any(request.user, CATALOGUE),
        "may_retire": permitted(request.user, Permission.CATALOGUE_PROPOSE),
    }
    return render(request, "console/catalogue/meter.html", context)
