"""A resource of the platform: what it was, what it cost and whose, a billing period a page."""

from __future__ import annotations

from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from billing.overview.queries import resource_months, resources
from billing.overview.queries.resource_months import ResourceMonth
from console.accounts import resource_text
from console.shell import charts
from console.shell.access import BILLING, StaffRequest, screen
from console.shell.freshness import up_to_date
from console.shell.query_params import day_of
from core.clock import now


@require_GET
@screen(*BILLING)
def resource(request: StaffRequest, public_id: str) -> HttpResponse:
    """One resource with a period of it, everyone who owned it, and what is below it."""
    found, at = resources.find(public_id), now()
    wanted = day_of(request, "on")
    on = datetime.combine(wanted, time(12), UTC) if wanted else at
    of = resource_months.period_of(found, on=on, now=at)
    context: dict[str, Any] = {"detail": resources.detail(found), "zone": of.zone if of else "UTC"}
    if of is not None:
        up_to_date(request, [of.owner.pk], at=at)
        month = resource_months.resource_month(found, of, at=at)
        context |= {
            "month": month,
            "timeline": resource_text.timeline(month),
            "stretches": resource_text.told(month),
            "costs": resource_text.month_bars(resource_months.month_costs(found), of.zone),
            "explains": _explains(month),
            "chart": _events_chart(month, found.public_id),
        }
    return render(request, "console/accounts/resource.html", context)


def _explains(month: ResourceMonth) -> str:
    """Where the lines of the period are explained, up to the line's position."""
    if month.invoice:
        return reverse("console:invoice", args=[month.invoice]) + "lines/"
    return reverse("console:account-bill", args=[month.of.owner.public_id])


def _events_chart(month: ResourceMonth, public_id: str) -> charts.Bars:
    events = reverse("console:events")
    days = [
        charts.BarInput(
            day=day,
            value=Decimal(count),
            text=f"{count:,} event{'' if count == 1 else 's'}",
            url=f"{events}?resource={public_id}&on={day.isoformat()}" if count else "",
        )
        for day, count in month.events_by_day
    ]
    return charts.daily_bars("Events by day", days)
