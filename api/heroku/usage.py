"""GET /apps/{app}/usage, /teams/{team}/usage, /resource/{id}/usage-history: what add-ons measured.

Quantities are those of the billing month that runs, in the units of their meters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from django.http import HttpRequest, HttpResponse

from accounts.models import Account, CredentialScope, Resource
from accounts.queries.profiles import zones_of
from api.heroku.addons import addon_named
from api.heroku.apps import app_named
from api.heroku.doors import InvalidParams, heroku_read, read_date, team_named, told
from api.tokens import PartnerPrincipal
from billing.invoicing.queries.month_to_date import scope_at
from billing.overview.queries.addons import ATTACHED, attached_to, owned_by
from core.clock import now
from usage.aggregate.exact import plain
from usage.days import day_at, days_of
from usage.models import Meter
from usage.queries.daily import DailyQuestion, daily_quantities
from usage.queries.quantities import UsageWindow, metered_quantities

_DURATIONS: Final = {"P3D": 3, "P7D": 7, "P14D": 14, "P1M": 30, "P30D": 30, "P2M": 60, "P3M": 90}
_DAY = timedelta(days=1)


@heroku_read(CredentialScope.ACCOUNTS_READ)
def app_usage(
    request: HttpRequest, principal: PartnerPrincipal, app: str, team: str = ""
) -> HttpResponse:
    """The add-ons of one app."""
    found = app_named(principal, app, team=team)
    owner = attached_to([found], at=now())[found.pk].account
    (shown,) = _used(owner, apps=[found])
    return told(shown)


@heroku_read(CredentialScope.ACCOUNTS_READ)
def team_usage(request: HttpRequest, principal: PartnerPrincipal, team: str) -> HttpResponse:
    """The add-ons of a team's apps."""
    owner = team_named(principal, team)
    apps = owned_by([owner.pk], (Resource.Kind.APP,), at=now()).order_by("public_id")
    return told({"apps": [each for each in _used(owner, apps=list(apps)) if each["addons"]]})


@heroku_read(CredentialScope.ACCOUNTS_READ)
def usage_history(request: HttpRequest, principal: PartnerPrincipal, addon: str) -> HttpResponse:
    """One add-on day by day, from `start` on for a `duration`; the last three days unless told."""
    resource = addon_named(principal, addon)
    owner = attached_to([resource], at=now())[resource.pk].account
    days = _history_days(request, owner)
    meters = frozenset(Meter.objects.values_list("pk", flat=True))
    question = DailyQuestion(owner.pk, days, now(), by_resource=meters)
    points: dict[int, dict[date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for used in daily_quantities(question):
        if used.resource_id == resource.pk:
            for day, quantity in used.by_day.items():
                points[used.meter_id][day] += quantity
    codes = dict(Meter.objects.filter(pk__in=points).values_list("pk", "code"))
    return told(
        {
            "bucket_resolution": "P1D",
            "resource_id": resource.public_id,
            "usage": [
                {
                    "meter_key": codes[meter],
                    "usage_data_points": [plain(found.get(day, Decimal(0))) for day in days],
                }
                for meter, found in sorted(points.items(), key=lambda each: codes[each[0]])
            ],
            "usage_timestamps": [f"{day.isoformat()}T00:00:00Z" for day in days],
        }
    )


def _history_days(request: HttpRequest, owner: Account) -> list[date]:
    """Raises: InvalidParams."""
    duration = request.GET.get("duration", "P3D")
    if duration not in _DURATIONS:
        raise InvalidParams(f"duration must be one of {', '.join(_DURATIONS)}.", field="duration")
    length = _DURATIONS[duration]
    start = request.GET.get("start", "")
    first = read_date(start[:10], field="start") if start else _today(owner) - (length - 1) * _DAY
    return [first + each * _DAY for each in range(length)]


def _today(owner: Account) -> date:
    return day_at(zones_of([owner.pk])[owner.pk], now())


def _used(owner: Account, *, apps: Sequence[Resource]) -> list[dict[str, Any]]:
    """Each app with its add-ons' meters."""
    by_app: dict[int | None, list[Resource]] = defaultdict(list)
    for each in (
        owned_by([owner.pk], ATTACHED, at=now()).filter(parent__in=apps).order_by("public_id")
    ):
        by_app[each.parent_id].append(each)
    measured = _measured(owner) if by_app else {}
    return [
        {
            "id": app.public_id,
            "addons": [
                {"id": each.public_id, "meters": measured[each.pk]}
                for each in by_app[app.pk]
                if each.pk in measured
            ],
        }
        for app in apps
    ]


def _measured(owner: Account) -> dict[int, dict[str, Any]]:
    """Quantities by resource and the meter's code."""
    scope = scope_at(owner, now())
    if scope is None:
        return {}
    first, until = days_of(zones_of([owner.pk])[owner.pk], scope.period)
    sums: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for used in metered_quantities(
        [UsageWindow(owner.pk, first, until, until=now())], settled=False
    ):
        if used.resource_id is not None:
            sums[used.resource_id, used.meter_code] += used.quantity
    found: dict[int, dict[str, Any]] = defaultdict(dict)
    for (resource_id, code), quantity in sums.items():
        found[resource_id][code] = {"quantity": plain(quantity)}
    return found
