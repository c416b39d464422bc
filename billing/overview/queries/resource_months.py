"""One billing period of a resource and what is below it: what was on, what changed, what it cost.

Amounts are those of lines: of the invoice of the period, or of the bill so far while it runs.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncDate

from accounts.models import Account, Resource, ResourceOwnership
from billing.invoicing.models import Invoice, InvoiceLine
from billing.invoicing.models.invoices import of_period
from billing.invoicing.queries.due import calendars
from billing.invoicing.queries.invoices import Party, line_row
from billing.invoicing.queries.line_pages import LineRow
from billing.invoicing.queries.month_to_date import draft_line_row, month_to_date
from billing.overview.queries.state_lines import LinesOfStates, PricedLine, lines_of_states
from core.money import Money
from core.periods import Period
from usage.models import Event, EventRevision, Interval

MOST = 200
MONTHS = 12


@dataclass(frozen=True, slots=True)
class StateOn:
    """A state within the period, under one owner; `opened_by` where it began within it. `lines` are
    the positions of those it is on, of the bill of the page; none where its usage is priced with
    that of others, or billed to somebody else.
    """

    platform_id: str
    resource_id: str
    label: str
    quantity: Decimal
    held: Period
    opened_by: UUID | None
    owner: Party
    lines: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Correction:
    """The latest word on an event of the period: voided, amended or restored, by whom and why."""

    key: UUID
    platform_id: str
    occurred_at: datetime
    did: str
    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class OwnerChange:
    """A resource that came to another account within the period."""

    platform_id: str
    owner: Party
    at: datetime


@dataclass(frozen=True, slots=True)
class MonthCost:
    """What the lines of one invoice for the resource came to."""

    starts_at: datetime
    invoice: str
    amount: Money


@dataclass(frozen=True, slots=True)
class PeriodOf:
    """A billing period of the account that owned a resource at an instant, and its neighbours."""

    owner: Account
    period: Period
    zone: str
    before: date
    after: date | None


@dataclass(frozen=True, slots=True)
class ResourceMonth:
    """Everything a resource's page says of one period. `invoice` is empty for the bill so far.

    `is_cut` says that more states were on than are listed; `line_count` is that of all lines.
    """

    of: PeriodOf
    invoice: str
    states: Sequence[StateOn]
    corrections: Sequence[Correction]
    owner_changes: Sequence[OwnerChange]
    lines: Sequence[LineRow]
    line_count: int
    total: Money
    events_by_day: Sequence[tuple[date, int]]
    is_cut: bool


def period_of(resource: Resource, *, on: datetime, now: datetime) -> PeriodOf | None:
    """The period of its owner then, or of its last owner; None where nobody with a calendar was."""
    owned = resource.ownerships.filter(owned_from__lte=on).select_related("account")
    ownership = (
        owned.order_by("-owned_from").first()
        or resource.ownerships.select_related("account").order_by("owned_from").first()
    )
    if ownership is None:
        return None
    calendar = calendars([ownership.account_id]).get(ownership.account_id)
    if calendar is None:
        return None
    number = calendar.number_at(min(max(on, ownership.owned_from), now))
    period, zone = calendar.period(number), calendar.zone_of(number)

    def day(instant: datetime) -> date:
        return instant.astimezone(ZoneInfo(zone)).date()

    return PeriodOf(
        owner=ownership.account,
        period=period,
        zone=zone,
        before=day(period.start - timedelta(days=1)),
        after=day(period.end) if period.end <= now else None,
    )


def resource_month(resource: Resource, of: PeriodOf, *, at: datetime) -> ResourceMonth:
    """The period of the resource and of what is directly below it. A fixed number of queries, and
    those of the bill so far while it runs.
    """
    known = {resource.pk: resource} | {each.pk: each for each in resource.children.all()[:MOST]}
    window = Period(of.period.start, min(of.period.end, at))
    invoice, lines, count, total, priced = _lines(known, of, at=at)
    states, changes, is_cut = _states(known, window, of.owner, lines_of_states(priced))
    return ResourceMonth(
        of=of,
        invoice=invoice,
        states=states,
        corrections=_corrections(known, window),
        owner_changes=changes,
        lines=lines,
        line_count=count,
        total=total,
        events_by_day=_events_by_day(known, window, of.zone),
        is_cut=is_cut,
    )


def month_costs(resource: Resource) -> list[MonthCost]:
    """What the last invoices charged for the resource and what is below it, oldest first."""
    # By way of its owners' invoices: lines have no index by resource.
    latest = Invoice.objects.filter(
        of_period(), account__in=resource.ownerships.values("account")
    ).order_by("-period_from")[:MONTHS]
    rows = (
        InvoiceLine.objects.filter(
            Q(resource=resource) | Q(resource__parent=resource),
            invoice__in=list(latest.values_list("pk", flat=True)),
        )
        .values_list("invoice__period_from", "invoice__number", "invoice__currency")
        .annotate(minor=Sum("amount_minor"))
        .order_by("-invoice__period_from")[:MONTHS]
    )
    found = [
        MonthCost(start, number or "", Money.from_minor(minor, currency))
        for start, number, currency, minor in rows
    ]
    return found[::-1]


def _states(
    known: dict[int, Resource], window: Period, owner: Account, lines: LinesOfStates
) -> tuple[list[StateOn], list[OwnerChange], bool]:
    """The states of the window cut by owner, and the changes of owner within it."""
    rows = list(
        Interval.objects.filter(
            Q(ended_at__isnull=True) | Q(ended_at__gt=window.start),
            resource_id__in=known,
            started_at__lt=window.end,
        )
        .select_related("dimension_set")
        .order_by("resource_id", "state_key", "started_at")[: MOST + 1]
    )
    owners = list(
        ResourceOwnership.objects.filter(
            Q(owned_until__isnull=True) | Q(owned_until__gt=window.start),
            resource_id__in=known,
            owned_from__lt=window.end,
        )
        .select_related("account")
        .order_by("owned_from")
    )
    states = [
        _state(
            row,
            known[row.resource_id],
            ownership,
            held,
            lines.of(row) if ownership.account_id == owner.pk else (),
        )
        for row in rows[:MOST]
        for ownership in owners
        if ownership.resource_id == row.resource_id
        and (held := _held(row, ownership, window)) is not None
    ]
    changes = [
        OwnerChange(
            known[each.resource_id].platform_id,
            Party(each.account.public_id, each.account.name),
            each.owned_from,
        )
        for number, each in enumerate(owners)
        if any(before.resource_id == each.resource_id for before in owners[:number])
    ]
    return states, changes, len(rows) > MOST


def _held(row: Interval, ownership: ResourceOwnership, window: Period) -> Period | None:
    start = max(row.started_at, ownership.owned_from, window.start)
    ends = [at for at in (row.ended_at, ownership.owned_until) if at is not None]
    end = min([window.end, *ends])
    return Period(start, end) if start < end else None


def _state(
    row: Interval,
    resource: Resource,
    owned: ResourceOwnership,
    held: Period,
    lines: tuple[int, ...],
) -> StateOn:
    said = {**row.dimension_set.presentation, **row.dimension_set.pricing}
    return StateOn(
        platform_id=resource.platform_id,
        resource_id=resource.public_id,
        label=", ".join(said.values()) or ", ".join(json.loads(row.state_key)),
        quantity=row.quantity,
        held=held,
        opened_by=row.opened_by if row.started_at == held.start else None,
        owner=Party(owned.account.public_id, owned.account.name),
        lines=lines,
    )


def _corrections(known: dict[int, Resource], window: Period) -> list[Correction]:
    """The latest word on each corrected event of the window, oldest event first; two queries."""
    within = {"occurred_at__gte": window.start, "occurred_at__lt": window.end}
    events = Event.objects.filter(resource_id__in=known, **within)
    said = EventRevision.objects.filter(key__in=events.values("key"), **within)
    latest = {each.key: each for each in said.order_by("-number")[:MOST][::-1]}
    about = dict(events.filter(key__in=latest).values_list("key", "resource_id"))
    found = [
        Correction(
            key=key,
            platform_id=known[about[key]].platform_id,
            occurred_at=each.occurred_at,
            did=each.get_kind_display(),
            by=each.actor_name,
            at=each.recorded_at,
            reason=each.reason,
        )
        for key, each in latest.items()
        if key in about
    ]
    return sorted(found, key=lambda each: each.occurred_at)


def _lines(
    known: Collection[int], of: PeriodOf, *, at: datetime
) -> tuple[str, list[LineRow], int, Money, list[PricedLine]]:
    currency = of.owner.currency
    invoice = Invoice.objects.filter(
        kind=Invoice.Kind.PERIOD, account=of.owner, period_from=of.period.start
    ).first()
    if invoice is not None:
        rows = InvoiceLine.objects.filter(invoice=invoice, resource_id__in=known)
        sums = rows.aggregate(minor=Sum("amount_minor"), count=Count("*"))
        found = list(rows.select_related("resource").order_by("position")[:MOST])
        total = Money.from_minor(sums["minor"] or 0, currency)
        shown = [line_row(line, currency) for line in found]
        priced = [
            PricedLine(line.position, line.resource_id, line.price_id, line.dimensions)
            for line in found
            if line.resource_id and line.price_id
        ]
        return invoice.number or invoice.public_id, shown, sums["count"], total, priced
    bill = month_to_date(of.owner, at=at) if of.period.contains(at) else None
    if bill is None:
        return "", [], 0, Money.zero(currency), []
    resources = Resource.objects.in_bulk(list(known))
    own = [
        (position, line)
        for position, line in enumerate(bill.lines, start=1)
        if line.resource_id in resources
    ]
    shown = [
        draft_line_row(position, line, currency, resources[line.resource_id or 0])
        for position, line in own[:MOST]
    ]
    total = Money.from_minor(sum(line.amount_minor for _, line in own), currency)
    priced = [
        PricedLine(position, line.resource_id, line.price_id, line.dimensions)
        for position, line in own[:MOST]
        if line.resource_id and line.price_id
    ]
    return "", shown, len(own), total, priced


def _events_by_day(known: Collection[int], window: Period, zone: str) -> list[tuple[date, int]]:
    """How many events each local day of the window has, days without any too; one query."""
    rows = (
        Event.objects.filter(
            resource_id__in=known, occurred_at__gte=window.start, occurred_at__lt=window.end
        )
        .annotate(day=TruncDate("occurred_at", tzinfo=ZoneInfo(zone)))
        .order_by()
        .values_list("day")
        .annotate(Count("key"))
    )
    counts: dict[date, int] = dict(rows)
    first = window.start.astimezone(ZoneInfo(zone)).date()
    last = (window.end - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date()
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [(day, counts.get(day, 0)) for day in days]
