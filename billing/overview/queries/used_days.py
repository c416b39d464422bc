"""What each app and add-on of an account came to, local day by local day: money and dyno time.

Money is that of the lines of each period, issued or as they would be billed now, spread as a bill
is: days sum to lines. What no price tells apart by resource is of no resource.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from accounts.models import Account, Resource
from accounts.queries.profiles import zones_of
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.drafting.drafts import DraftLine
from billing.invoicing.models import Invoice, InvoiceLine
from billing.invoicing.models.invoices import of_period
from billing.invoicing.queries.days import as_draft_line, lines_by_day
from billing.invoicing.queries.due import calendars
from billing.invoicing.queries.month_to_date import rated_now
from usage.aggregate.rules import Aggregation
from usage.days import day_starts
from usage.meter_rules import rules_by_meter
from usage.queries.daily import DailyQuestion, daily_quantities

_DAY = timedelta(days=1)
_DYNOS = (Resource.Kind.APP, Resource.Kind.FORMATION)


@dataclass(frozen=True, slots=True)
class UsedDays:
    """Minor units and dyno seconds by (local day, resource id), and the resources by id."""

    currency: str
    minor: dict[tuple[date, int], int] = field(default_factory=lambda: defaultdict(int))
    dyno_seconds: dict[tuple[date, int], Decimal] = field(
        default_factory=lambda: defaultdict(Decimal)
    )
    resources: dict[int, Resource] = field(default_factory=dict)


def used_days(account: Account, first: date, last: date, *, at: datetime) -> UsedDays:
    """What an account used on the local days from `first` to `last`; a dozen queries a month."""
    used = UsedDays(account.currency)
    calendar = calendars([account.pk]).get(account.pk)
    if calendar is None or first > last:
        return used
    zones = zones_of([account.pk])[account.pk]
    start, until = day_starts(zones, first), day_starts(zones, last + _DAY)
    for number in range(calendar.number_at(start), calendar.number_at(until) + 1):
        period = calendar.period(number)
        if max(period.start, account.opened_at) >= min(until, at):
            continue
        scope = AccountPeriod(account.pk, period, calendar.zone_of(number), until=at)
        lines = [line for line in _lines(scope) if line.resource_id is not None]
        for line, days in zip(lines, lines_by_day(scope, lines, zones=zones), strict=True):
            assert line.resource_id is not None
            for day, minor in days.items():
                if first <= day <= last:
                    used.minor[day, line.resource_id] += minor
    _add_dynos(used, account, first, last, at)
    ids = {resource_id for _, resource_id in (*used.minor, *used.dyno_seconds)}
    used.resources.update(
        (each.pk, each) for each in Resource.objects.filter(pk__in=ids).select_related("parent")
    )
    return used


def _lines(scope: AccountPeriod) -> Sequence[DraftLine]:
    """The lines of the period's invoice; while there is none, those it would have."""
    period = scope.period
    invoice = Invoice.objects.filter(
        of_period(), account_id=scope.account_id, period_from=period.start
    ).first()
    if invoice is not None:
        rows: Iterable[InvoiceLine] = invoice.lines.order_by("position")
        return [
            as_draft_line(line)
            for line in rows
            if period.start <= line.period_from and line.period_until <= period.end
        ]
    return rated_now(scope)[0]


def _add_dynos(used: UsedDays, account: Account, first: date, last: date, at: datetime) -> None:
    timed = frozenset(
        meter_id
        for meter_id, versions in rules_by_meter().items()
        if versions[-1].aggregation is Aggregation.DURATION
    )
    days = [first + timedelta(days=each) for each in range((last - first).days + 1)]
    question = DailyQuestion(account.pk, days, at, by_resource=timed)
    found = daily_quantities(question)
    ids = {each.resource_id for each in found if each.resource_id is not None}
    dynos = set(Resource.objects.filter(pk__in=ids, kind__in=_DYNOS).values_list("pk", flat=True))
    for each in found:
        if each.resource_id in dynos:
            for day, seconds in each.by_day.items():
                used.dyno_seconds[day, each.resource_id] += seconds
