"""How much of each meter accounts used in their windows: the one answer for bill and screen.

Nothing is built here: who wants the figures of every event brings them up to date before, and says
whether stale ones will do. The reading itself is usage.queries.figures.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from accounts.queries.profiles import zones_of
from core.errors import Conflict
from core.periods import Period
from usage.aggregate.exact import exactly, plain
from usage.aggregate.figures import ZERO, quantity_of
from usage.aggregate.rules import Aggregation, Bucket, Rule
from usage.days import day_at, period_of
from usage.meter_rules import rules_by_meter
from usage.queries.figures import Collected, Group, GroupFigures, collect
from usage.queries.window_rows import Window

_INSTANT = timedelta(microseconds=1)


class UsageUnsettled(Conflict):
    """Something of these accounts must be built again before a bill may say it."""

    code = "usage_unsettled"
    title = "Usage is being corrected; ask again"
    retryable = True
    status = 503


class UsageWindow(NamedTuple):
    """Local days [day_from, day_until) of an account, in its billing zone.

    States that still hold count up to `until`; None is the end of the window. With `before`, only
    what happened before that instant counts, to the microsecond: what the figure of the window was
    then. The figures of two such instants differ by what lies between them. Resources are
    told apart of the meters in `by_resource`, None is of all; of others they are one.
    """

    account_id: int
    day_from: date
    day_until: date
    until: datetime | None = None
    before: datetime | None = None
    by_resource: Collection[int] | None = None


class MeteredQuantity(NamedTuple):
    """What one meter measured of one resource and combination of pricing dimensions.

    `resource_id` is None where all resources are one.
    `quantity` is in the meter's unit, without trailing zeros; for durations it is the seconds times
    how many. `opening` is the part carried in from before the window. `event_count` counts the
    events, or the intervals of a state. `window` is the position of its window in the question.
    """

    account_id: int
    meter_id: int
    meter_code: str
    resource_id: int | None
    dimensions: Mapping[str, str]
    quantity: Decimal
    event_count: int
    opening: Decimal = ZERO
    window: int = 0


class DailyQuantities(NamedTuple):
    """What one meter measured of a resource and combination of pricing dimensions, by local day.

    `resource_id` is None where all resources are one. Days without usage are absent.
    """

    meter_id: int
    resource_id: int | None
    dimensions: Mapping[str, str]
    by_day: dict[date, Decimal]


def metered_quantities(
    windows: Sequence[UsageWindow], *, settled: bool = True
) -> list[MeteredQuantity]:
    """The quantities of all windows, by account, meter, resource and dimensions.

    What is stale is refused; `usage.operations.settling` asks until nothing is. Whoever only looks
    asks for what need not be `settled`: stale days and states are read as they were built last. One
    query reads the figures of any number of accounts. Exact, except that means and time-weighted
    sums are rounded half-up to the scale of their meter.

    Raises: UsageUnsettled (retryable).
    """
    if not windows:
        return []
    versions = rules_by_meter()
    rules = {meter_id: each[-1] for meter_id, each in versions.items()}
    asked = resolved(windows)
    found = collect(asked, versions, settled=settled)
    if found is None:
        raise UsageUnsettled
    return _in_order(found, asked, rules)


def resolved(windows: Sequence[UsageWindow]) -> list[Window]:
    """The windows with their instants, but for those whose days were all skipped; one query."""
    zones = zones_of({window.account_id for window in windows})
    tiled: dict[tuple[str, date, date], Period | None] = {}
    found = []
    for position, (account_id, day_from, day_until, until, before, apart) in enumerate(windows):
        spans = zones[account_id]
        if len(spans) == 1:
            # Most accounts never change their zone: the same days are the same instants to them.
            same = spans[0].zone, day_from, day_until
            if same not in tiled:
                tiled[same] = period_of(spans, day_from, day_until)
            whole = tiled[same]
        else:
            whole = period_of(spans, day_from, day_until)
        if whole is not None:
            end = whole.end
            if until is not None and until < end:
                end = until
            if before is not None and before < end:
                end = before
            found.append(
                Window(position, account_id, day_from, day_until, spans, whole, end, before, apart)
            )
    return found


def _in_order(
    found: Collected, windows: Sequence[Window], rules: Mapping[int, Rule]
) -> list[MeteredQuantity]:
    """Totals as they are and groups finished, by account, meter, resource and dimensions."""
    by_position = {window.position: window for window in windows}
    codes = {meter_id: rule.meter_code for meter_id, rule in rules.items()}
    by_key: dict[_Key, MeteredQuantity] = {}

    def add(group: Group, total: Decimal, count: int, opening: Decimal = ZERO) -> None:
        position, account_id, meter_id, resource_id, pricing = group
        dimensions, ordered = dimensions_of(pricing)
        if by_position[position].pools(meter_id):
            resource_id = None
        code = codes[meter_id]
        key = (account_id, code, resource_id or 0, ordered, position)
        each = MeteredQuantity(
            account_id, meter_id, code, resource_id, dimensions, total, count, opening, position
        )
        by_key[key] = _together(by_key[key], each) if key in by_key else each

    for position, account_id, meter_id, resource_id, pricing, total, count in found.totals:
        add(Group(position, account_id, meter_id, resource_id, pricing), total, count)
    for finished, each in found.groups.items():
        quantity = _quantity(each, rules[finished.meter_id], by_position[finished.window])
        add(finished, plain(quantity), each.event_count, plain(each.opening))
    return [by_key[key] for key in sorted(by_key)]


def _together(one: MeteredQuantity, more: MeteredQuantity) -> MeteredQuantity:
    with exactly():
        return one._replace(
            quantity=plain(one.quantity + more.quantity),
            event_count=one.event_count + more.event_count,
            opening=plain(one.opening + more.opening),
        )


def _quantity(found: GroupFigures, rule: Rule, window: Window) -> Decimal:
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


def _member_days(found: GroupFigures, window: Window) -> int:
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
    return day_at(window.zones, at)


_Ordered = tuple[tuple[str, str], ...]
_Key = tuple[int, str, int, _Ordered, int]


@lru_cache(maxsize=16_384)
def dimensions_of(pricing: str) -> tuple[Mapping[str, str], _Ordered]:
    """The pricing dimensions of a JSON text, and the same in the order of their names."""
    found: dict[str, str] = json.loads(pricing)
    return found, tuple(sorted(found.items()))
