"""What the meter of a line measured in a stretch of its period, group by group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from accounts.models import Resource
from accounts.queries.profiles import zones_of
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.models import InvoiceLine
from core.periods import Period
from usage.days import days_of
from usage.queries.quantities import MeteredQuantity, UsageWindow, metered_quantities

_Group = tuple[int | None, tuple[tuple[str, str], ...]]


def measured_in(
    line: InvoiceLine, scope: AccountPeriod, span: Period, resource: Resource | None = None
) -> list[MeteredQuantity]:
    """By how much the figures of the line's meter grew within a span of its period.

    Of one resource where the line sums up more and one is said. As a bill counts it where terms
    change at its ends. Raises: UsageUnsettled.
    """
    assert line.price is not None  # a line of a meter has one
    zones = zones_of([scope.account_id])[scope.account_id]
    window = UsageWindow(scope.account_id, *days_of(zones, scope.period), until=scope.period.end)
    # The figures of a period grow from nothing at its start.
    ends = [span.end] if span.start == scope.period.start else [span.end, span.start]
    found = metered_quantities([window._replace(before=at) for at in ends])
    matched = {**line.price.match, **line.dimensions}
    mine = [
        each
        for each in found
        if each.meter_id == line.price.meter_id
        and (resource.pk if resource else line.resource_id) in (None, each.resource_id)
        and matched.items() <= each.dimensions.items()
    ]
    after = _by_group(each for each in mine if each.window == 0)
    before = _by_group(each for each in mine if each.window == 1)
    return [
        each._replace(quantity=each.quantity - (before[group].quantity if group in before else 0))
        for group, each in after.items()
    ]


def _by_group(found: Iterable[MeteredQuantity]) -> Mapping[_Group, MeteredQuantity]:
    return {(each.resource_id, tuple(sorted(each.dimensions.items()))): each for each in found}
