"""GET /openmeter/api/v1/meters and …/query: what was measured, of the accounts the token may read.

A span is of whole local days of each account: those it touches. Figures are exact, and those of the
bill for the same days.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.http import HttpRequest, QueryDict

from accounts.models import Account, Resource
from accounts.queries.profiles import zones_of
from api.openmeter.doors import openmeter_read
from api.rest.resources import accounts_of
from api.tokens import PartnerPrincipal
from billing.overview.queries.addons import attached_to
from core.clock import now
from core.errors import Invalid, NotFound
from core.instants import read_instant
from core.periods import Period, month_day
from usage.aggregate.exact import plain
from usage.days import days_of, period_of
from usage.models import Meter
from usage.queries.quantities import UsageWindow, metered_quantities

WINDOWS_MAX: Final = 5_000
_SIZES: Final = ("", "DAY", "MONTH")
_ASKED: Final = frozenset(
    {"from", "to", "windowSize", "windowTimeZone", "subject", "groupBy", "clientId"}
)
_DAY = timedelta(days=1)


class MeterQueryInvalid(Invalid):
    """A question about a meter that cannot be read, or asks for too much at once."""

    code = "meter_query_invalid"
    title = "The question about the meter is not valid"


@dataclass(frozen=True, slots=True)
class AskedFigures:
    """A span, how it is cut, whose resources, and what is told apart."""

    span: Period
    size: str
    subjects: Sequence[str]
    group_by: Sequence[str]

    @property
    def tells_subjects(self) -> bool:
        """Whether resources are told apart."""
        return bool(self.subjects) or "subject" in self.group_by


@openmeter_read
def meters(request: HttpRequest, principal: PartnerPrincipal) -> list[dict[str, Any]]:
    """All meters that are read."""
    return [_meter(each) for each in Meter.objects.filter(retired_at=None).order_by("code")]


@openmeter_read
def meter(request: HttpRequest, principal: PartnerPrincipal, name: str) -> dict[str, Any]:
    """One of them by its id or code."""
    return _meter(_named(name))


@openmeter_read
def meter_query(request: HttpRequest, principal: PartnerPrincipal, name: str) -> dict[str, Any]:
    """What it measured."""
    found, asked = _named(name), _asked(request.GET)
    windows = list(_windows(principal, asked, found))
    rows = _rows(found, asked, windows) if windows else []
    told: dict[str, Any] = {"from": asked.span.start, "to": asked.span.end, "data": rows}
    return told | ({"windowSize": asked.size} if asked.size else {})


def _named(name: str) -> Meter:
    field = "public_id" if name.startswith("mtr_") else "code"
    found = Meter.objects.filter(**{field: name}).first()
    if found is None:
        raise NotFound("There is no such meter.")
    return found


def _asked(query: QueryDict) -> AskedFigures:
    """Raises: MeterQueryInvalid, DateInvalid."""
    for name in query.keys() - _ASKED:
        raise MeterQueryInvalid(
            f"{name} is no parameter here; those are {', '.join(sorted(_ASKED))}.", field=name
        )
    size = query.get("windowSize", "")
    if size not in _SIZES:
        raise MeterQueryInvalid("windowSize is DAY or MONTH, or left out.", field="windowSize")
    if "from" not in query:
        raise MeterQueryInvalid("from is needed.", field="from")
    start = read_instant(str(query["from"]), field="from")
    end = read_instant(str(query["to"]), field="to") if "to" in query else now()
    if end <= start:
        raise MeterQueryInvalid("to must be after from.", field="to")
    return AskedFigures(
        Period(start, end), size, _listed(query, "subject"), _listed(query, "groupBy")
    )


def _listed(query: QueryDict, name: str) -> list[str]:
    """Repeated, or one text with commas or in the brackets of a list."""
    texts = (part for text in query.getlist(name) for part in text.strip("[]").split(","))
    return [text.strip().strip("'\"") for text in texts if text.strip()]


_Cut = tuple[UsageWindow, Period]


def _windows(principal: PartnerPrincipal, asked: AskedFigures, found: Meter) -> Iterator[_Cut]:
    """A window of each account and cut. Raises: MeterQueryInvalid."""
    accounts = _accounts(principal, asked)
    zones = zones_of(accounts)
    apart = frozenset({found.pk}) if asked.tells_subjects else frozenset()
    count = 0
    for account_id in accounts:
        first, until = days_of(zones[account_id], asked.span)
        for day_from, day_until in _cuts(first, until, asked.size):
            period = period_of(zones[account_id], day_from, day_until)
            count += 1
            if count > WINDOWS_MAX:
                raise MeterQueryInvalid(
                    f"More than {WINDOWS_MAX:,} windows are asked for: name subjects, or ask for a "
                    "shorter span.",
                    field="windowSize",
                )
            if period is not None:
                yield (
                    UsageWindow(account_id, day_from, day_until, until=now(), by_resource=apart),
                    period,
                )


def _accounts(principal: PartnerPrincipal, asked: AskedFigures) -> list[int]:
    rows = accounts_of(principal)
    if asked.subjects:
        named = list(Resource.objects.filter(platform_id__in=asked.subjects))
        owners = {each.account_id for each in attached_to(named, at=asked.span.end).values()}
        rows = rows.filter(pk__in=owners)
    return list(Account.objects.filter(pk__in=rows).order_by("pk").values_list("pk", flat=True))


def _cuts(first: date, until: date, size: str) -> Iterator[tuple[date, date]]:
    day = first
    while day < until:
        if size == "DAY":
            end = day + _DAY
        elif size == "MONTH":
            end = min(month_day(day.replace(day=1), 1), until)
        else:
            end = until
        yield day, end
        day = end


def _rows(found: Meter, asked: AskedFigures, cuts: Sequence[_Cut]) -> list[dict[str, Any]]:
    dimensions = [name for name in asked.group_by if name != "subject"]
    sums: dict[tuple[datetime, datetime, int | None, tuple[str, ...]], Decimal]
    sums = defaultdict(Decimal)
    for used in metered_quantities([window for window, _ in cuts], settled=False):
        if used.meter_id == found.pk:
            period = cuts[used.window][1]
            place = tuple(used.dimensions.get(name, "") for name in dimensions)
            sums[period.start, period.end, used.resource_id, place] += used.quantity
    ids = {resource_id for _, _, resource_id, _ in sums if resource_id is not None}
    names = dict(Resource.objects.filter(pk__in=ids).values_list("pk", "platform_id"))
    rows = [
        {
            "value": plain(quantity),
            "windowStart": start,
            "windowEnd": end,
            "subject": None if resource_id is None else names[resource_id],
            "groupBy": dict(zip(dimensions, place, strict=True)),
        }
        for (start, end, resource_id, place), quantity in sums.items()
    ]
    wanted = [row for row in rows if not asked.subjects or row["subject"] in asked.subjects]
    return sorted(wanted, key=lambda row: (row["windowStart"], row["subject"] or "", str(row)))


def _meter(found: Meter) -> dict[str, Any]:
    version = found.versions.order_by("-number").first()
    assert version is not None  # a meter is defined with its first version
    return {
        "id": found.public_id,
        "slug": found.code,
        "name": found.name,
        "aggregation": found.aggregation.upper(),
        "eventType": version.event_type,
        "valueProperty": f"$.{version.value_property}" if version.value_property else None,
        "groupBy": {name: f"$.{name}" for name in version.dimensions},
        "createdAt": version.created_at,
        "updatedAt": version.created_at,
    }
