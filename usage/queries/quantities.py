"""How much of each meter accounts used in their windows: the one answer for bill and screen.

Nothing is built here: who wants the figures of every event brings them up to date before, and says
whether stale ones will do. The reading itself is usage.queries.figures.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
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
from usage.queries.figures import Collected, GroupFigures, collect
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
    then. The figures of two such instants differ by what lies between them.
    """

    account_id: int
    day_from: date
    day_until: date
    until: datetime | None = None
    before: datetime | None = None


class MeteredQuantity(NamedTuple):
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
    resolved = _resolved(windows)
    found = collect(resolved, versions, settled=settled)
    if found is None:
        raise UsageUnsettled
    return _in_order(found, resolved, rules)


def _resolved(windows: Sequence[UsageWindow]) -> list[Window]:
    zones = zones_of({window.account_id for window in windows})
    tiled: dict[tuple[str, date, date], Period | None] = {}
    found = []
    for position, (account_id, day_from, day_until, until, before) in enumerate(windows):
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
                Window(position, account_id, day_from, day_until, spans, whole, end, before)
            )
    return found


def _in_order(
    found: Collected, windows: Sequence[Window], rules: Mapping[int, Rule]
) -> list[MeteredQuantity]:
    """Totals as they are and groups finished, by account, meter, resource and dimensions."""
    codes = {meter_id: rule.meter_code for meter_id, rule in rules.items()}
    by_key: dict[_Key, MeteredQuantity] = {}
    for position, account_id, meter_id, resource_id, pricing, total, count in found.totals:
        code = codes[meter_id]
        dimensions, ordered = _dimensions(pricing)
        key = (account_id, code, resource_id, ordered, position)
        known = by_key.get(key)
        if known is not None:
            with exactly():
                total = plain(known.quantity + total)
            count += known.event_count
        by_key[key] = MeteredQuantity(
            account_id, meter_id, code, resource_id, dimensions, total, count, ZERO, position
        )
    by_position = {window.position: window for window in windows}
    for group, each in found.groups.items():
        rule, window = rules[group.meter_id], by_position[group.window]
        dimensions, ordered = _dimensions(group.pricing)
        place = (group.account_id, rule.meter_code, group.resource_id, ordered, group.window)
        by_key[place] = MeteredQuantity(
            account_id=group.account_id,
            meter_id=group.meter_id,
            meter_code=rule.meter_code,
            resource_id=group.resource_id,
            dimensions=dimensions,
            quantity=plain(_quantity(each, rule, window)),
            event_count=each.event_count,
            opening=plain(each.opening),
            window=group.window,
        )
    return [by_key[key] for key in sorted(by_key)]


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
def _dimensions(pricing: str) -> tuple[Mapping[str, str], _Ordered]:
    """The pricing dimensions of a JSON text, and the same in the order of their names."""
    found: dict[str, str] = json.loads(pricing)
    return found, tuple(sorted(found.items()))
