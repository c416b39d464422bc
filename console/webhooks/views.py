"""Endpoints, an endpoint with what was sent to it, a delivery with its attempts."""

from __future__ import annotations

from functools import partial
from typing import Final

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.models import Partner
from accounts.permissions import Permission, permitted
from console.shell.access import StaffRequest, screen
from console.shell.query_params import filters_of, position_of
from console.webhooks import sheets
from console.webhooks.steps import delivery_steps, endpoint_steps
from core.clock import now
from eventing.filters import DeliveryFilters
from eventing.queries import endpoints
from eventing.queries.feed import open_since

READ: Final = (Permission.WEBHOOK_REPLAY, Permission.WEBHOOK_READ, Permission.CONFIGURE)


@require_GET
@screen(*READ)
def endpoint_list(request: StaffRequest, kind: str = "") -> HttpResponseBase:
    """Endpoints, those that need somebody first, and what holds the feed up."""
    rows = endpoints.endpoint_rows()
    if kind:
        return sheets.ENDPOINTS.of_rows(kind, rows)
    names = names_of({row.endpoint.partner for row in rows})
    context = {
        "rows": [(row, owner_of(row.endpoint.partner, names)) for row in rows],
        "disabled": sum(not row.endpoint.is_enabled for row in rows),
        "open_since": open_since(),
        "now": now(),
    }
    return render(request, "console/webhooks/endpoints.html", context)


@require_GET
@screen(*READ)
def endpoint(request: StaffRequest, public_id: str, kind: str = "") -> HttpResponseBase:
    """One endpoint: how it answers, its secrets, what was sent."""
    found = endpoints.find_endpoint(public_id)
    at = now()
    filters = filters_of(request, DeliveryFilters, "after", "before")
    read = partial(endpoints.delivery_page, found, filters=filters)
    if kind:
        return sheets.DELIVERIES.of_pages(kind, read)
    context = {
        "endpoint": found,
        "owner": owner_of(found.partner, names_of({found.partner})),
        "figures": endpoints.figures_of(found, at=at),
        "secrets": [each for each in found.secrets.order_by("pk") if each.holds(at)],
        "page": read(position=position_of(request)),
        "outcome": request.GET.get("outcome", ""),
        "steps": endpoint_steps(found, request.user, at=at),
        "now": at,
    }
    return render(request, "console/webhooks/endpoint.html", context)


@require_GET
@screen(*READ)
def delivery(request: StaffRequest, public_id: str) -> HttpResponse:
    """One delivery: what was said, each attempt and what came of it."""
    found = endpoints.find_delivery(public_id)
    sees_content = permitted(request.user, Permission.BILLING_READ)
    context = {
        "shown": endpoints.shown_delivery(found),
        "delivery": found,
        "endpoint": found.endpoint,
        "sees_content": sees_content,
        "steps": delivery_steps(found, request.user),
        "now": now(),
    }
    return render(request, "console/webhooks/delivery.html", context)


def names_of(partners: set[str]) -> dict[str, str]:
    """What partners are called, by public id."""
    rows = Partner.objects.filter(public_id__in=partners)
    return dict(rows.values_list("public_id", "name"))


def owner_of(partner: str, names: dict[str, str]) -> str:
    """Whose an endpoint is, in words."""
    return names.get(partner, partner) if partner else "Ours"
