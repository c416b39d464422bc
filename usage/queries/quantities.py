"""How much of each meter accounts used in their windows: the one answer for bill and screen.

What is stale is built again first, so a figure always is that of every event booked before the
call. The reading itself is usage.queries.figures.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from core.errors import Conflict
from usage.aggregate.exact import exactly, plain
from usage.aggregate.figures import ZERO, quantity_of
from usage.aggregate.rules import Aggregation, Bucket, Rule
from usage.days import day_at, periods_of, zone_at
from usage.directory import zone_spans
from usage.operations.refresh import refresh
from usage.queries.figures import Found, Group, Window, collect
from usage.rulebook import rules_by_meter

_ATTEMPTS = 5
_INSTANT = timedelta(microseconds=1)


class UsageUnsettled(Conflict):
    """Events of the past kept arriving faster than their days could be built again."""

    code = "usage_unsettled"
    title = "Usage is being corrected; ask again"
    retryable = True
    status = 503


@dataclass(frozen=True, slots=True)
class UsageWindow:
    """Local days [day_from, day_until) of an account, in its billing zone.

    States that still hold count up to `until`; None is the end of the window. With `before`, only
    what happened before that instant counts, to the microsecond: what the figure of the window was
    then. The figures of two such instants differ by what lies between them.
    """

    account_id: int
    day_from: date
    day_until: date
    until: datetime | None = None
    before: datetime | None = None


@dataclass(frozen=True, slots=True)
class MeteredQuantity:
    """What one meter measured of one resource and combination of pricing dimensions.

    `quantity` is in the meter's unit, without trailing zeros; for durations it is the seconds times
    how many. `opening` is the part carried in from before the window. `event_count` counts the
    events, or the intervals of a state. `window` is the position of its window in the question.
    """

    account_id: int
    meter_id: int
    meter_code: str
    resource_id: int
    dimensions: Mapping[str, str]
    quantity: Decimal
    event_count: int
    opening: Decimal = ZERO
    window: int = 0


def metered_quantities(windows: Sequence[UsageWindow]) -> list[MeteredQuantity]:
    """The quantities of all windows, by account, meter, resource and dimensions.

    Stale days and states are built again first, in their own transaction or the caller's. One query
    reads the figures of any number of accounts. Exact, except that means and time-weighted sums are
    rounded half-up to the scale of their meter.

    Raises: UsageUnsettled (retryable).
    """
    if not windows:
        return []
    accounts = {window.account_id for window in windows}
    versions = rules_by_meter()
    rules = {meter_id: each[-1] for meter_id, each in versions.items()}
    resolved = _resolved(windows)
    for _ in range(_ATTEMPTS):
        refresh(accounts)
        found = collect(resolved, versions)
        if found is not None:
            return sorted(_quantities(found, resolved, rules), key=_order)
    raise UsageUnsettled


def _resolved(windows: Sequence[UsageWindow]) -> list[Window]:
    zones = zone_spans({window.account_id for window in windows})
    found = []
    for position, asked in enumerate(windows):
        spans = zones[asked.account_id]
        periods = periods_of(spans, asked.day_from, asked.day_until)
        if periods:
            ends = [periods[-1].end, asked.until, asked.before]
            until = min(end for end in ends if end is not None)
            days = (asked.day_from, asked.day_until)
            place = (position, asked.account_id)
            found.append(Window(*place, *days, spans, periods, until, asked.before))
    return found


def _quantities(
    found: Mapping[Group, Found], windows: Sequence[Window], rules: Mapping[int, Rule]
) -> Iterable[MeteredQuantity]:
    by_position = {window.position: window for window in windows}
    for group, each in found.items():
        rule, window = rules[group.meter_id], by_position[group.window]
        yield MeteredQuantity(
            account_id=group.account_id,
            meter_id=group.meter_id,
            meter_code=rule.meter_code,
            resource_id=group.resource_id,
            dimensions=_mapping(group.pricing),
            quantity=plain(_quantity(each, rule, window)),
            event_count=each.event_count,
            opening=plain(each.opening),
            window=group.window,
        )


def _quantity(found: Found, rule: Rule, window: Window) -> Decimal:
    if rule.aggregation is Aggregation.DURATION:
        return found.state_seconds
    if rule.is_state:
        return Decimal(_member_days(found, window) if rule.bucket is Bucket.DAY else found.members)
    if not found.figures and rule.aggregation is not Aggregation.TIME_WEIGHTED_SUM:
        return found.opening
    with exactly():
        return quantity_of(
            rule, found.figures, window=window.whole, until=window.until, opening=found.opening
        )


def _member_days(found: Found, window: Window) -> int:
    """On how many local days each member was active at some instant, added up.

    Removing and adding a member again on one day is one day of one member.
    """
    active: set[tuple[str, date]] = set()
    for member, start, end in found.memberships:
        first = _day(window, start).toordinal()
        # The end is not part of it: an interval that ends at midnight does not touch that day.
        last = _day(window, end - _INSTANT).toordinal()
        active.update((member, date.fromordinal(day)) for day in range(first, last + 1))
    return len(active)


def _day(window: Window, at: datetime) -> date:
    return day_at(zone_at(window.zones, at), at)


@lru_cache(maxsize=16_384)
def _mapping(pricing: str) -> Mapping[str, str]:
    found: dict[str, str] = json.loads(pricing)
    return found


def _order(quantity: MeteredQuantity) -> tuple[int, str, int, list[tuple[str, str]], int]:
    dimensions = sorted(quantity.dimensions.items())
    return (
        quantity.account_id,
        quantity.meter_code,
        quantity.resource_id,
        dimensions,
        quantity.window,
    )
