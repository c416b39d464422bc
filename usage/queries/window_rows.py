"""The rows of what some windows saw, in one query: days, what was carried into them, states.

Owns the SQL. Boundaries come in as instants: where a local day lies is decided by core.periods, so
that PostgreSQL's idea of a time zone never counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import IntEnum
from typing import Any, NamedTuple

from django.db import connection

from core.db.arrays import array
from core.periods import Period
from usage.aggregate.rules import Rule
from usage.days import ZoneSpan, day_at, day_starts
from usage.derivation.stale_marks import CONCERNS

_DAY = timedelta(days=1)


class RowKind(IntEnum):
    """What a row tells: that something is stale, figures of a whole window, of some of its days,
    what was carried into it, or time in states."""

    STALE = 0
    WHOLE = 1
    DAYS = 2
    OPENING = 3
    STATES = 4


# Of meters that are pooled, all resources are one.
_TOLD_APART = "kept.resource_id"
POOLED = "CASE WHEN kept.meter_id = ANY(%(pooled)s) THEN NULL ELSE kept.resource_id END"

# Where all windows have the same days, as those of a bill run mostly do, their figures are one
# range of the table, added up as it is read.
_TOGETHER = """
    SELECT 1 AS kind, NULL::int AS position, account_id, meter_id, {resource} AS resource_id,
           dimension_set_id,
           trim_scale(sum(quantity)) AS total, {least} AS least, {most} AS most,
           sum(event_count)::bigint AS events, {moment} AS moment, {states} AS states
    FROM usage_usageday AS kept
    WHERE day = ANY(%(days)s) AND account_id = ANY(%(accounts)s)
    GROUP BY account_id, meter_id, {resource}, dimension_set_id
"""
_SINGLY = """
    SELECT 2, asked.position, kept.account_id, kept.meter_id, {resource},
           kept.dimension_set_id, sum(kept.quantity), {least}, {most},
           sum(kept.event_count)::bigint, {moment}, {states}
    FROM unnest(%(day_windows)s::int[], %(day_accounts)s::bigint[], %(single_days)s::date[])
             AS asked(position, account_id, day)
    JOIN usage_usageday AS kept
      ON kept.day = asked.day AND kept.account_id = asked.account_id
     AND kept.day BETWEEN %(first)s AND %(last)s
    GROUP BY asked.position, kept.account_id, kept.meter_id, {resource}, kept.dimension_set_id
"""
_ADDED_UP = dict.fromkeys(("least", "most", "moment"), "NULL::numeric") | {"states": "NULL::jsonb"}
_IN_FULL = {
    "least": "min(kept.quantity)",
    "most": "max(kept.quantity)",
    "moment": "sum(kept.moment)",
    "states": "jsonb_agg(kept.state) FILTER (WHERE kept.state IS NOT NULL)",
}
_CARRIED_IN = """
    SELECT 3, before.position, kept.account_id, kept.meter_id, kept.resource_id,
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
IN_STATES = """
    SELECT 4, position, account_id, meter_id, {resource}, dimension_set_id,
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
    ) AS kept
    GROUP BY position, account_id, meter_id, {resource}, dimension_set_id
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
    """Local days of an account with their instants.

    With `before`, only what happened before that instant counts. Resources are told apart of the
    meters in `by_resource`, None is of all.
    """

    position: int
    account_id: int
    day_from: date
    day_until: date
    zones: Sequence[ZoneSpan]
    whole: Period
    until: datetime
    before: datetime | None = None
    by_resource: Collection[int] | None = None

    def pools(self, meter_id: int) -> bool:
        """Whether all resources of the meter are one."""
        return self.by_resource is not None and meter_id not in self.by_resource

    @property
    def is_whole(self) -> bool:
        """Whether all of its days count."""
        return self.before is None

    @property
    def has_ended(self) -> bool:
        """Whether it is asked about as a whole that is over, and may be kept."""
        return self.is_whole and self.until == self.whole.end

    @property
    def whole_days_until(self) -> date:
        """The first local day that does not count, or not as a whole."""
        if self.before is None:
            return self.day_until
        return min(self.day_until, day_at(self.zones, self.before))

    @property
    def cut_day(self) -> Period | None:
        """The part of a local day that counts before the window is cut, where it is cut in one."""
        day = self.whole_days_until
        if self.before is None or not self.day_from <= day < self.day_until:
            return None
        start = day_starts(self.zones, day)
        return Period(start, self.before) if start < self.before else None


WindowRow = tuple[Any, ...]
"""Kind, position, account, meter, resource, JSON of the pricing dimensions, total, least, most,
events, moment, states."""


class WindowRows(NamedTuple):
    """Those without a position belong to the window of their account in `together`."""

    rows: Sequence[WindowRow]
    together: Mapping[int, int]
    are_stale: bool


def rows_of(
    windows: Sequence[Window],
    rules: Mapping[int, Rule],
    *,
    kept: Collection[int] = (),
    is_plain: bool,
    pooled: Collection[int] = (),
) -> WindowRows:
    """What the windows hold, but for the days of those at the positions `kept`.

    `is_plain` says that no meter needs more than the sum of its days, `pooled` of which meters all
    resources are read as one.
    """
    together, singly = _sorted_out([each for each in windows if each.position not in kept])
    details = (_ADDED_UP if is_plain else _IN_FULL) | {
        "resource": POOLED if pooled else _TOLD_APART
    }
    carried = [rule.meter_id for rule in rules.values() if rule.carries_over]
    states = [rule for rule in rules.values() if rule.is_state]
    if not (together or singly or carried or states):
        return WindowRows((), {}, are_stale=False)
    parts = [_TOGETHER.format(**details)]
    parameters: dict[str, Any] = {
        "concerned": array({window.account_id for window in windows}),
        "pooled": array(pooled),
        "days": array(_days_of(together[0]) if together else []),
        "accounts": array([window.account_id for window in together]),
    }
    if singly:
        parts.append(_SINGLY.format(**details))
        parameters |= _single_days(singly)
    if carried:
        parts.append(_CARRIED_IN)
        parameters |= {
            "windows": array([window.position for window in windows]),
            "window_accounts": array([window.account_id for window in windows]),
            "firsts": array([window.day_from for window in windows]),
            "carried": array(carried),
        }
    if states:
        parts.append(IN_STATES.format(**details))
        parameters |= spans_of(windows)
        members = [each.meter_id for each in states if each.operation_property]
        parameters["member_meters"] = array(members)
    with connection.cursor() as cursor:
        cursor.execute(
            _QUERY.format(found=" UNION ALL ".join(parts), concerns=CONCERNS), parameters
        )
        rows = cursor.fetchall()
    are_stale = bool(rows) and rows[-1][0] == RowKind.STALE
    if are_stale:
        rows.pop()
    return WindowRows(rows, {window.account_id: window.position for window in together}, are_stale)


def _sorted_out(windows: Sequence[Window]) -> tuple[list[Window], list[Window]]:
    """The windows that share the commonest days, one of each account; and all others."""
    days = Counter((window.day_from, window.day_until) for window in windows if window.is_whole)
    commonest = days.most_common(1)[0][0] if days else None
    together: dict[int, Window] = {}
    singly = []
    for window in windows:
        is_common = window.is_whole and (window.day_from, window.day_until) == commonest
        if is_common and together.setdefault(window.account_id, window) is window:
            continue
        singly.append(window)
    return list(together.values()), singly


def _days_of(window: Window) -> list[date]:
    """The whole local days that count."""
    count = (window.whole_days_until - window.day_from).days
    return [window.day_from + _DAY * offset for offset in range(count)]


def _single_days(windows: Sequence[Window]) -> dict[str, Any]:
    rows = [
        (window.position, window.account_id, day) for window in windows for day in _days_of(window)
    ]
    return {
        "day_windows": array([row[0] for row in rows]),
        "day_accounts": array([row[1] for row in rows]),
        "single_days": array([row[2] for row in rows]),
        "first": min((row[2] for row in rows), default=None),
        "last": max((row[2] for row in rows), default=None),
    }


def spans_of(windows: Sequence[Window]) -> dict[str, Any]:
    """The windows as `IN_STATES` names them."""
    rows = [
        (window.position, window.account_id, window.whole.start, window.until)
        for window in windows
        if window.whole.start < window.until
    ]
    return {
        "span_windows": array([row[0] for row in rows]),
        "span_accounts": array([row[1] for row in rows]),
        "starts": array([row[2] for row in rows]),
        "ends": array([row[3] for row in rows]),
    }
