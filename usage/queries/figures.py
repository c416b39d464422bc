"""Roll-ups and intervals of windows, read in one query and grouped for the aggregation to finish.

Owns the SQL. Boundaries come in as instants: where a local day lies is decided by core.periods, so
that PostgreSQL's idea of a time zone never counts.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from core.periods import Period
from usage.aggregate.exact import exactly
from usage.aggregate.figures import ZERO, Figure
from usage.aggregate.rules import Aggregation, Rule
from usage.days import ZoneSpan, day_at, periods_of, zone_at
from usage.operations.refresh import CONCERNS
from usage.queries.part_days import PartDay, part_figures

_DAY = timedelta(days=1)
_STALE, _DAYS, _OPENING, _STATES = range(4)

# Where all windows have the same days, as those of a bill run mostly do, their figures are one
# range of the table, added up as it is read.
_TOGETHER = """
    SELECT 1 AS kind, NULL::int AS position, account_id, meter_id, resource_id, dimension_set_id,
           trim_scale(sum(quantity)) AS total, {least} AS least, {most} AS most,
           sum(event_count)::bigint AS events, {moment} AS moment, {states} AS states
    FROM usage_usageday AS kept
    WHERE day = ANY(%(days)s) AND account_id = ANY(%(accounts)s)
    GROUP BY account_id, meter_id, resource_id, dimension_set_id
"""
_SINGLY = """
    SELECT 1, asked.position, kept.account_id, kept.meter_id, kept.resource_id,
           kept.dimension_set_id, sum(kept.quantity), {least}, {most},
           sum(kept.event_count)::bigint, {moment}, {states}
    FROM unnest(%(day_windows)s::int[], %(day_accounts)s::bigint[], %(single_days)s::date[])
             AS asked(position, account_id, day)
    JOIN usage_usageday AS kept
      ON kept.day = asked.day AND kept.account_id = asked.account_id
     AND kept.day BETWEEN %(first)s AND %(last)s
    GROUP BY asked.position, kept.account_id, kept.meter_id, kept.resource_id,
             kept.dimension_set_id
"""
_ADDED_UP = dict.fromkeys(("least", "most", "moment"), "NULL::numeric") | {"states": "NULL::jsonb"}
_IN_FULL = {
    "least": "min(kept.quantity)",
    "most": "max(kept.quantity)",
    "moment": "sum(kept.moment)",
    "states": "jsonb_agg(kept.state) FILTER (WHERE kept.state IS NOT NULL)",
}
_CARRIED_IN = """
    SELECT 2, before.position, kept.account_id, kept.meter_id, kept.resource_id,
           kept.dimension_set_id, sum(kept.quantity), NULL, NULL, 0, NULL,
           jsonb_agg(kept.state ORDER BY kept.day DESC) FILTER (WHERE kept.state IS NOT NULL)
    FROM unnest(%(windows)s::int[], %(window_accounts)s::bigint[], %(firsts)s::date[])
             AS before(position, account_id, day_from)
    JOIN usage_usageday AS kept
      ON kept.account_id = before.account_id AND kept.meter_id = ANY(%(carried)s)
     AND kept.is_carried AND kept.day < before.day_from
    GROUP BY before.position, kept.account_id, kept.meter_id, kept.resource_id,
             kept.dimension_set_id
"""
_IN_STATES = """
    SELECT 3, position, account_id, meter_id, resource_id, dimension_set_id,
           sum(quantity * extract(epoch FROM held_until - held_from)), NULL, NULL, count(*), NULL,
           jsonb_agg(jsonb_build_array(state_key, held_from, held_until))
               FILTER (WHERE meter_id = ANY(%(member_meters)s))
    FROM (
        SELECT spans.position, spans.account_id, interval.meter_id, interval.resource_id,
               interval.dimension_set_id, interval.state_key, interval.quantity,
               greatest(interval.started_at, spans.starts, owner.owned_from) AS held_from,
               least(interval.ended_at, spans.ends, owner.owned_until) AS held_until
        FROM unnest(%(span_windows)s::int[], %(span_accounts)s::bigint[],
                    %(starts)s::timestamptz[], %(ends)s::timestamptz[])
                 AS spans(position, account_id, starts, ends)
        JOIN accounts_resourceownership AS owner ON owner.account_id = spans.account_id
         AND owner.owned_from < spans.ends
         AND (owner.owned_until IS NULL OR owner.owned_until > spans.starts)
        JOIN usage_interval AS interval ON interval.resource_id = owner.resource_id
         AND interval.started_at < least(spans.ends, owner.owned_until)
         AND (interval.ended_at IS NULL
              OR interval.ended_at > greatest(spans.starts, owner.owned_from))
    ) AS held
    GROUP BY position, account_id, meter_id, resource_id, dimension_set_id
"""
_QUERY = """
SELECT found.kind, found.position, found.account_id, found.meter_id, found.resource_id,
       sets.pricing::text, found.total, found.least, found.most, found.events, found.moment,
       found.states
FROM ({found}) AS found JOIN usage_dimensionset AS sets ON sets.id = found.dimension_set_id
UNION ALL
SELECT 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL
WHERE EXISTS (SELECT FROM usage_staleusage AS stale WHERE {concerns})
"""


class Window(NamedTuple):
    """Local days of an account with their instants; several periods where its zone changed.

    With `before`, only what happened before that instant counts.
    """

    position: int
    account_id: int
    day_from: date
    day_until: date
    zones: Sequence[ZoneSpan]
    periods: Sequence[Period]
    until: datetime
    before: datetime | None = None

    @property
    def whole_days_until(self) -> date:
        """The first local day that does not count, or not as a whole."""
        if self.before is None:
            return self.day_until
        return min(self.day_until, day_at(zone_at(self.zones, self.before), self.before))

    @property
    def cut_day(self) -> Period | None:
        """The part of a local day that counts before the window is cut, where it is cut in one."""
        day = self.whole_days_until
        if self.before is None or not self.day_from <= day < self.day_until:
            return None
        start = periods_of(self.zones, day, day + _DAY)[0].start
        return Period(start, self.before) if start < self.before else None

    @property
    def whole(self) -> Period:
        """From the first instant of its days to the last."""
        return Period(self.periods[0].start, self.periods[-1].end)


Total = tuple[int, int, int, int, str, Decimal, int]


class Group(NamedTuple):
    """What figures are collected for; `pricing` is the JSON of the pricing dimensions."""

    window: int
    account_id: int
    meter_id: int
    resource_id: int
    pricing: str


@dataclass(slots=True)
class Found:
    """What was read for a group: day figures, the opening balance, time in states, members."""

    figures: list[Figure] = field(default_factory=list)
    opening: Decimal = ZERO
    event_count: int = 0
    state_seconds: Decimal = ZERO
    memberships: list[tuple[str, datetime, datetime]] = field(default_factory=list)

    @property
    def members(self) -> int:
        """How many distinct members there were at some instant."""
        return len({member for member, _, _ in self.memberships})


@dataclass(frozen=True, slots=True)
class Collected:
    """Everything some windows hold: finished totals, and by group what has to be finished.

    `totals` are those of meters that add up over whole days: window, account, meter, resource,
    JSON of the pricing dimensions, quantity without trailing zeros, count of events. There may be
    several of one group, to be added up.
    """

    totals: Sequence[Total]
    groups: Mapping[Group, Found]


def collect(windows: Sequence[Window], versions: Mapping[int, Sequence[Rule]]) -> Collected | None:
    """Everything the windows hold; None where something must be built again first.

    One query, and a few more where a window is cut within a day.
    """
    rules = {meter_id: each[-1] for meter_id, each in versions.items()}
    adding = {meter_id for meter_id, rule in rules.items() if _adds_up(rule)}
    together, singly = _sorted_out(windows)
    rows = _rows(windows, rules, together, singly, is_plain=len(adding) == len(rules))
    if rows and rows[-1][0] == _STALE:
        return None
    position_of = {window.account_id: window.position for window in together}
    totals: list[Total] = []
    found: dict[Group, Found] = {}
    with exactly():
        for kind, position, account_id, meter_id, resource_id, pricing, total, *values in rows:
            if position is None:
                position = position_of[account_id]
                if meter_id in adding:
                    each = (position, account_id, meter_id, resource_id, pricing, total, values[2])
                    totals.append(each)
                    continue
            group = Group(position, account_id, meter_id, resource_id, pricing)
            _add(found.setdefault(group, Found()), kind, rules[meter_id], (total, *values))
        for part in part_figures(_cut_days(windows), versions):
            group = Group(
                part.position, part.account_id, part.meter_id, part.resource_id, part.pricing
            )
            one = found.setdefault(group, Found())
            one.figures.append(part.figure)
            one.event_count += part.figure.event_count
    return Collected(totals, found)


def _adds_up(rule: Rule) -> bool:
    """Whether a window's quantity is the sum of its days' and nothing else."""
    return rule.aggregation in (Aggregation.SUM, Aggregation.COUNT) and not (
        rule.carries_over or rule.is_state
    )


def _sorted_out(windows: Sequence[Window]) -> tuple[list[Window], list[Window]]:
    """The windows that share the commonest days, one of each account; and all others."""
    whole = [window for window in windows if window.before is None]
    days = Counter((window.day_from, window.day_until) for window in whole)
    commonest = days.most_common(1)[0][0] if days else None
    together: dict[int, Window] = {}
    singly = []
    for window in windows:
        is_common = window.before is None and (window.day_from, window.day_until) == commonest
        if is_common and together.setdefault(window.account_id, window) is window:
            continue
        singly.append(window)
    return list(together.values()), singly


def _cut_days(windows: Sequence[Window]) -> list[PartDay]:
    return [
        PartDay(window.position, window.account_id, window.whole_days_until, part)
        for window in windows
        if (part := window.cut_day) is not None
    ]


def _rows(
    windows: Sequence[Window],
    rules: Mapping[int, Rule],
    together: Sequence[Window],
    singly: Sequence[Window],
    *,
    is_plain: bool,
) -> list[tuple[Any, ...]]:
    """The rows of the query, with the one that says something is stale last.

    `is_plain` says that no meter needs more than the sum of its days.
    """
    columns = _ADDED_UP if is_plain else _IN_FULL
    carried = [rule.meter_id for rule in rules.values() if rule.carries_over]
    states = [rule for rule in rules.values() if rule.is_state]
    parts = [_TOGETHER.format(**columns)]
    parameters: dict[str, Any] = {
        "concerned": list({window.account_id for window in windows}),
        "days": _days_of(together[0]) if together else [],
        "accounts": [window.account_id for window in together],
    }
    if singly:
        parts.append(_SINGLY.format(**columns))
        parameters |= _single_days(singly)
    if carried:
        parts.append(_CARRIED_IN)
        parameters |= {
            "windows": [window.position for window in windows],
            "window_accounts": [window.account_id for window in windows],
            "firsts": [window.day_from for window in windows],
            "carried": carried,
        }
    if states:
        parts.append(_IN_STATES)
        parameters |= _spans(windows)
        parameters["member_meters"] = [each.meter_id for each in states if each.operation_property]
    with connection.cursor() as cursor:
        cursor.execute(
            _QUERY.format(found=" UNION ALL ".join(parts), concerns=CONCERNS), parameters
        )
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _days_of(window: Window) -> list[date]:
    """The whole local days that count."""
    count = (window.whole_days_until - window.day_from).days
    return [window.day_from + _DAY * offset for offset in range(count)]


def _single_days(windows: Sequence[Window]) -> dict[str, Any]:
    rows = [
        (window.position, window.account_id, day) for window in windows for day in _days_of(window)
    ]
    return {
        "day_windows": [row[0] for row in rows],
        "day_accounts": [row[1] for row in rows],
        "single_days": [row[2] for row in rows],
        "first": min((row[2] for row in rows), default=None),
        "last": max((row[2] for row in rows), default=None),
    }


def _spans(windows: Sequence[Window]) -> dict[str, Any]:
    rows = [
        (window.position, window.account_id, period.start, min(period.end, window.until))
        for window in windows
        for period in window.periods
        if period.start < window.until
    ]
    return {
        "span_windows": [row[0] for row in rows],
        "span_accounts": [row[1] for row in rows],
        "starts": [row[2] for row in rows],
        "ends": [row[3] for row in rows],
    }


def _add(found: Found, kind: int, rule: Rule, values: Sequence[Any]) -> None:
    total, least, most, events, moment, states_text = values
    states = json.loads(states_text) if states_text else []
    if kind == _OPENING:
        found.opening += _last(states) if rule.aggregation is Aggregation.LATEST else total
    elif kind == _STATES:
        found.state_seconds += total
        found.event_count += events
        found.memberships += [_membership(*each) for each in states]
    else:
        found.event_count += events
        chosen = {Aggregation.MIN: least, Aggregation.MAX: most}.get(rule.aggregation, total)
        found.figures.append(Figure(chosen, events, moment))
        found.figures += [Figure(ZERO, 0, None, state) for state in states]


def _last(states: Sequence[Mapping[str, Any]]) -> Decimal:
    last = max(states, key=lambda state: (state["at"], state["event_id"], state["key"]))
    return Decimal(last["value"])


def _membership(state_key: str, start: str, end: str) -> tuple[str, datetime, datetime]:
    member: str = json.loads(state_key)[0]
    return member, datetime.fromisoformat(start), datetime.fromisoformat(end)
