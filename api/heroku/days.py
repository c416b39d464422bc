"""GET …/usage/daily and …/usage/monthly of teams and enterprises.

`addons` is what add-ons came to, in units of the currency; `data` is of databases and `partner` of
add-ons of partners, both within it; `space` is of spaces. `dynos` is how many ran, on average.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from django.http import HttpRequest, HttpResponse

from accounts.models import Account, CredentialScope, Resource
from api.heroku.doors import (
    InvalidParams,
    enterprise_named,
    heroku_read,
    read_date,
    read_month,
    team_named,
    told,
)
from api.rest.resources import accounts_of
from api.tokens import PartnerPrincipal
from billing.overview.queries.used_days import UsedDays, used_days
from core.clock import now
from core.money import Money
from core.periods import month_day
from usage.aggregate.exact import plain

DAYS_MAX: Final = 92
MONTHS_MAX: Final = 12
TEAMS_MAX: Final = 50
_DAY = timedelta(days=1)
_SECONDS = Decimal(86_400)
_PLACES = Decimal("0.001")


@dataclass(slots=True)
class UsedInSpan:
    """What something used in a span: minor units by kind, and dyno seconds."""

    addons: int = 0
    data: int = 0
    partner: int = 0
    space: int = 0
    dyno_seconds: Decimal = Decimal(0)
    apps: dict[str, UsedInSpan] = field(default_factory=dict)

    def add(self, resource: Resource, minor: int, seconds: Decimal) -> None:
        """Count a resource's share."""
        self.dyno_seconds += seconds
        if resource.kind == Resource.Kind.SPACE:
            self.space += minor
        if resource.kind in (Resource.Kind.ADDON, Resource.Kind.DATABASE):
            self.addons += minor
            self.data += minor if resource.kind == Resource.Kind.DATABASE else 0
            self.partner += minor if resource.provider_id is not None else 0


@dataclass(frozen=True, slots=True)
class Spans:
    """The days asked for, told by day or by month: `of` names the span of a day."""

    first: date
    last: date
    key: str
    of: Callable[[date], date]
    said: Callable[[date], str]
    days_in: Callable[[date], int]

    @property
    def each(self) -> Iterator[date]:
        """The spans, oldest first."""
        seen = None
        for offset in range((self.last - self.first).days + 1):
            span = self.of(self.first + offset * _DAY)
            if span != seen:
                seen = span
                yield span


@heroku_read(CredentialScope.INVOICES_READ)
def team_daily(request: HttpRequest, principal: PartnerPrincipal, team: str) -> HttpResponse:
    """A team day by day."""
    return told(_of_team(team_named(principal, team), _daily(request)))


@heroku_read(CredentialScope.INVOICES_READ)
def team_monthly(request: HttpRequest, principal: PartnerPrincipal, team: str) -> HttpResponse:
    """A team month by month."""
    return told(_of_team(team_named(principal, team), _monthly(request)))


@heroku_read(CredentialScope.INVOICES_READ)
def enterprise_daily(
    request: HttpRequest, principal: PartnerPrincipal, enterprise: str
) -> HttpResponse:
    """An enterprise day by day, its teams within."""
    spans = _daily(request)
    return told(_of_enterprise(principal, enterprise, spans))


@heroku_read(CredentialScope.INVOICES_READ)
def enterprise_monthly(
    request: HttpRequest, principal: PartnerPrincipal, enterprise: str
) -> HttpResponse:
    """An enterprise month by month, its teams within."""
    spans = _monthly(request)
    return told(_of_enterprise(principal, enterprise, spans))


def _daily(request: HttpRequest) -> Spans:
    """Raises: InvalidParams."""
    today = now().date()
    asked = request.GET
    first = read_date(asked["start"], field="start") if "start" in asked else today.replace(day=1)
    last = read_date(asked["end"], field="end") if "end" in asked else max(first, today)
    _check(first, last, (last - first).days + 1, DAYS_MAX, "days")
    return Spans(first, last, "date", lambda day: day, date.isoformat, lambda day: 1)


def _monthly(request: HttpRequest) -> Spans:
    """Raises: InvalidParams."""
    this = now().date().replace(day=1)
    asked = request.GET
    first = read_month(asked["start"], field="start") if "start" in asked else this
    last = read_month(asked["end"], field="end") if "end" in asked else max(first, this)
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    _check(first, last, months, MONTHS_MAX, "months")
    return Spans(
        first,
        month_day(last, 1) - _DAY,
        "month",
        lambda day: day.replace(day=1),
        lambda month: f"{month:%Y-%m}",
        lambda month: (month_day(month, 1) - month).days,
    )


def _check(first: date, last: date, asked: int, most: int, of: str) -> None:
    if last < first:
        raise InvalidParams("end must not be before start.", field="end")
    if asked > most:
        raise InvalidParams(f"{asked} {of} are asked for; {most} at once can be.", field="end")


def _of_team(team: Account, spans: Spans) -> list[dict[str, Any]]:
    used = _used(team, spans)
    return [_span(team, spans, span, used[span]) for span in spans.each]


def _of_enterprise(
    principal: PartnerPrincipal, enterprise: str, spans: Spans
) -> list[dict[str, Any]]:
    """Raises: NotFound, InvalidParams."""
    found = enterprise_named(principal, enterprise)
    teams = list(accounts_of(principal).filter(parent=found).order_by("public_id")[: TEAMS_MAX + 1])
    if len(teams) > TEAMS_MAX:
        raise InvalidParams(f"It has more than {TEAMS_MAX} teams: ask for each of them.")
    own = _used(found, spans)
    by_team = [(team, _used(team, spans)) for team in teams]
    answer = []
    for span in spans.each:
        total = own[span]
        shown = [_span(team, spans, span, used[span]) for team, used in by_team if used[span].apps]
        for _, used in by_team:
            _add_up(total, used[span])
        answer.append(_span(found, spans, span, total) | {"teams": shown})
    return answer


def _add_up(total: UsedInSpan, part: UsedInSpan) -> None:
    for name in ("addons", "data", "partner", "space", "dyno_seconds"):
        setattr(total, name, getattr(total, name) + getattr(part, name))


def _used(team: Account, spans: Spans) -> dict[date, UsedInSpan]:
    found: UsedDays = used_days(team, spans.first, spans.last, at=now())
    sums: dict[date, UsedInSpan] = defaultdict(UsedInSpan)
    for day, resource_id in found.minor.keys() | found.dyno_seconds.keys():
        resource = found.resources[resource_id]
        minor = found.minor.get((day, resource_id), 0)
        seconds = found.dyno_seconds.get((day, resource_id), Decimal(0))
        span = sums[spans.of(day)]
        span.add(resource, minor, seconds)
        app = resource.parent or resource
        span.apps.setdefault(app.name, UsedInSpan()).add(resource, minor, seconds)
    return sums


def _span(team: Account, spans: Spans, span: date, used: UsedInSpan) -> dict[str, Any]:
    days = spans.days_in(span)
    shown = {
        "id": team.public_id,
        "name": team.name,
        spans.key: spans.said(span),
        **_figures(used, team.currency, days),
        "space": _amount(used.space, team.currency),
        "apps": [
            {"app_name": name, **_figures(each, team.currency, days)}
            for name, each in sorted(used.apps.items())
        ],
    }
    return shown | {"connect": 0} if spans.key == "month" else shown


def _figures(used: UsedInSpan, currency: str, days: int) -> dict[str, Any]:
    running = (used.dyno_seconds / (_SECONDS * days)).quantize(_PLACES)
    return {
        "addons": _amount(used.addons, currency),
        "data": _amount(used.data, currency),
        "dynos": plain(running),
        "partner": _amount(used.partner, currency),
    }


def _amount(minor: int, currency: str) -> Any:
    return plain(Money.from_minor(minor, currency).amount)
