"""Amounts by day: rated lines spread over the local days of their period, to the cent.

A line is rated and rounded once, for its whole period; its days are shares of that one amount, by
the usage of each day (a fee: evenly), so days always sum to the line and lines to the invoice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from accounts.queries.profiles import ZoneSpan
from billing.catalogue.models import Price
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.drafting.drafts import DraftLine
from billing.invoicing.models import InvoiceLine
from core.money import allocate
from core.periods import Period
from usage.days import days_of
from usage.queries.daily import DailyQuestion, daily_quantities
from usage.queries.quantities import DailyQuantities


@dataclass(frozen=True, slots=True)
class PricedBy:
    """What of a price decides which usage belongs to its lines."""

    meter_id: int | None
    match: Mapping[str, str]


_OF_NO_USAGE = PricedBy(None, {})


def each_day(zones: Sequence[ZoneSpan], period: Period) -> list[date]:
    """The local days a period touches, first to last."""
    first, until = days_of(zones, period)
    return [first + timedelta(days=offset) for offset in range((until - first).days)]


def amounts_by_day(
    scope: AccountPeriod, lines: Sequence[DraftLine], *, zones: Sequence[ZoneSpan]
) -> dict[date, int]:
    """Minor units of all lines on each day of the account, whose zones these are; they sum to the
    lines exactly. Two queries."""
    totals = dict.fromkeys(each_day(zones, scope.period), 0)
    for parts in lines_by_day(scope, lines, zones=zones):
        for day, part in parts.items():
            totals[day] += part
    return totals


def as_draft_line(line: InvoiceLine) -> DraftLine:
    """A line of an invoice as it was rated."""
    return DraftLine(
        key=line.key,
        kind=line.kind,
        subscription_id=line.subscription_id,
        price_id=line.price_id,
        resource_id=line.resource_id,
        group_label=line.group_label,
        description=line.description,
        quantity=line.quantity,
        unit=line.unit,
        unit_price=line.unit_price,
        amount_minor=line.amount_minor,
        dimensions=line.dimensions,
        explanation=line.explanation,
        period=Period(line.period_from, line.period_until),
    )


def lines_by_day(
    scope: AccountPeriod, lines: Sequence[DraftLine], *, zones: Sequence[ZoneSpan]
) -> list[dict[date, int]]:
    """Minor units of each line on each day of the scope it is of; two queries for all lines."""
    days = each_day(zones, scope.period)
    inside = frozenset(days)
    prices = _prices({line.price_id for line in lines if line.price_id is not None})
    usage = UsageByDay(daily_quantities(_question(scope, days, lines, prices)))
    found = []
    own_days = {period: each_day(zones, period) for period in {line.period for line in lines}}
    for line in lines:
        own = own_days[line.period]
        price = _OF_NO_USAGE if line.price_id is None else prices[line.price_id]
        weights = usage.of(line, price, own)
        if not any(weights.values()):
            weights = dict.fromkeys(own, Decimal(1))
        known = sorted(day for day in weights if day in inside)
        parts = allocate(line.amount_minor, [weights[day] for day in known])
        found.append(dict(zip(known, parts, strict=True)))
    return found


_ZERO = Decimal(0)
_Shape = tuple[int | None, bool, tuple[str, ...]]
_Place = tuple[int | None, tuple[str | None, ...]]


class UsageByDay:
    """What was used on each day, looked up by what a line bills.

    Lines that tell usage apart by the same dimensions, and alike by resource or not, share one
    reading of it, so each of many lines costs its own days and no more.
    """

    def __init__(self, usage: Iterable[DailyQuantities]) -> None:
        self._usage: dict[int, list[DailyQuantities]] = defaultdict(list)
        for each in usage:
            self._usage[each.meter_id].append(each)
        self._read: dict[_Shape, dict[_Place, Mapping[date, Decimal]]] = {}

    def of(self, line: DraftLine, price: PricedBy, own: Collection[date]) -> dict[date, Decimal]:
        """What a line bills of each of its own days; where terms change, it has some of them."""
        wanted = {**price.match, **line.dimensions}
        names = tuple(sorted(wanted))
        shape = (price.meter_id, line.resource_id is not None, names)
        if shape not in self._read:
            self._read[shape] = self._by_place(*shape)
        place = (line.resource_id, tuple(wanted[name] for name in names))
        found = self._read[shape].get(place, {})
        return {day: max(found[day], _ZERO) for day in own if day in found}

    def _by_place(
        self, meter_id: int | None, by_resource: bool, names: Sequence[str]
    ) -> dict[_Place, Mapping[date, Decimal]]:
        found: dict[_Place, Mapping[date, Decimal]] = {}
        for used in self._usage.get(meter_id or 0, ()):
            place = (
                used.resource_id if by_resource else None,
                tuple(used.dimensions.get(name) for name in names),
            )
            known = found.get(place)
            found[place] = used.by_day if known is None else _added(known, used.by_day)
        return found


def _added(some: Mapping[date, Decimal], more: Mapping[date, Decimal]) -> dict[date, Decimal]:
    return {day: some.get(day, _ZERO) + more.get(day, _ZERO) for day in {**some, **more}}


def _question(
    scope: AccountPeriod,
    days: Sequence[date],
    lines: Sequence[DraftLine],
    prices: Mapping[int, PricedBy],
) -> DailyQuestion:
    """What the lines bill on these days, told apart by resource as they tell it apart."""
    as_one, by_resource = set[int](), set[int]()
    for line in lines:
        meter_id = None if line.price_id is None else prices[line.price_id].meter_id
        if meter_id is not None:
            (as_one if line.resource_id is None else by_resource).add(meter_id)
    return DailyQuestion(
        scope.account_id, days, scope.until, as_one=as_one, by_resource=by_resource
    )


def _prices(price_ids: Collection[int]) -> dict[int, PricedBy]:
    rows = Price.objects.filter(pk__in=price_ids).values_list("pk", "meter_id", "match")
    return {pk: PricedBy(meter_id, match) for pk, meter_id, match in rows}
