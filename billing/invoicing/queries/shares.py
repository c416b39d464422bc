"""Rated lines by resource: a line of one is its own, one of all is shared by what each used of it.

Shares of a line are by quantity and sum to it, to the minor unit; what no resource used, such as a
fee, is of none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from accounts.queries.profiles import zones_of
from billing.catalogue.models import Price
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.drafting.drafts import DraftLine
from core.money import allocate
from usage.days import days_of
from usage.queries.quantities import MeteredQuantity, UsageWindow, metered_quantities

ByResource = dict[int | None, int]
"""Minor units by primary key of the resource; None is what is of no resource."""


def amounts_by_resource(scope: AccountPeriod, lines: Sequence[DraftLine]) -> ByResource:
    """What the lines come to for each resource; three queries, however many lines there are."""
    return sums_of(lines_by_resource(scope, lines))


def sums_of(shares: Sequence[ByResource]) -> ByResource:
    """The shares of many lines, added up."""
    found: ByResource = defaultdict(int)
    for each in shares:
        for resource_id, minor in each.items():
            found[resource_id] += minor
    return dict(found)


def lines_by_resource(scope: AccountPeriod, lines: Sequence[DraftLine]) -> list[ByResource]:
    """The shares of each line, in the order of the lines; three queries."""
    prices = Price.objects.in_bulk({line.price_id for line in lines if line.resource_id is None})
    pooled = {price.meter_id for price in prices.values() if price.meter_id is not None}
    used: dict[int, list[MeteredQuantity]] = defaultdict(list)
    if pooled:
        first, until = days_of(zones_of([scope.account_id])[scope.account_id], scope.period)
        window = UsageWindow(scope.account_id, first, until, scope.until, by_resource=pooled)
        for quantity in metered_quantities([window], settled=False):
            if quantity.meter_id in pooled:
                used[quantity.meter_id].append(quantity)
    return [_shares(line, prices, used) for line in lines]


def _shares(
    line: DraftLine, prices: Mapping[int, Price], used: Mapping[int, Sequence[MeteredQuantity]]
) -> ByResource:
    price = None if line.price_id is None else prices.get(line.price_id)
    if line.resource_id is not None or price is None or price.meter_id is None:
        return {line.resource_id: line.amount_minor}
    wanted = {**price.match, **line.dimensions}
    weights: dict[int, Decimal] = defaultdict(Decimal)
    for each in used[price.meter_id]:
        said = each.dimensions
        if all(said.get(name) == value for name, value in wanted.items()):
            weights[each.resource_id or 0] += max(each.quantity, Decimal(0))
    if not any(weights.values()):
        return {None: line.amount_minor}
    whose = sorted(weights)
    parts = allocate(line.amount_minor, [weights[each] for each in whose])
    return {each or None: part for each, part in zip(whose, parts, strict=True) if part}
