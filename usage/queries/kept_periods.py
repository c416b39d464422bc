"""The rows of windows that are kept added up, in the shape of usage.queries.window_rows.

What they hold is usage.derivation.period_totals' to keep true.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import repeat
from typing import Any, NamedTuple

from django.db import connection

from core.db.arrays import array
from usage.derivation.stale_marks import CONCERNS
from usage.queries.window_rows import RowKind, Window, WindowRow

_KEPT = """
    SELECT EXISTS (SELECT FROM usage_staleusage AS stale WHERE {concerns}),
           asked.position, period.account_id, {lists}
    FROM unnest(%(positions)s::int[], %(accounts)s::bigint[], %(firsts)s::date[], %(ends)s::date[])
             AS asked(position, account_id, day_from, day_until)
    JOIN usage_usageperiod AS period USING (account_id, day_from, day_until)
"""
_LISTS = ("meter_ids", "resource_ids", "dimension_set_ids", "totals", "event_counts")
_DETAILS = ("least", "most", "moments", "states")
_NO_DETAILS = (repeat(None),) * len(_DETAILS)

# Of an account with thousands of resources the lists are long, and as good as none once the
# resources of the pooled meters are added up.
_LONG = 200
_UNLESS_LONG = "CASE WHEN cardinality(meter_ids) <= %(long)s THEN {} END"
_POOLED = """
    SELECT kept.position, kept.account_id, kept.meter_id, kept.resource_id, sets.pricing::text,
           kept.total, kept.least, kept.most, kept.events, kept.moment, kept.states
    FROM (
        SELECT asked.position, period.account_id, line.meter_id,
               CASE WHEN line.meter_id = ANY(%(pooled)s) THEN NULL ELSE line.resource_id END
                   AS resource_id,
               line.set_id, trim_scale(sum(line.total)) AS total, min(line.least) AS least,
               max(line.most) AS most, sum(line.events)::bigint AS events,
               sum(line.moment) AS moment, (array_agg(line.states))[1] AS states
        FROM unnest(%(positions)s::int[], %(accounts)s::bigint[], %(firsts)s::date[],
                    %(ends)s::date[]) AS asked(position, account_id, day_from, day_until)
        JOIN usage_usageperiod AS period USING (account_id, day_from, day_until),
             unnest(meter_ids, resource_ids, dimension_set_ids, totals, event_counts, least, most,
                    moments, states)
                 AS line(meter_id, resource_id, set_id, total, events, least, most, moment, states)
        GROUP BY 1, 2, 3, 4, 5
    ) AS kept JOIN usage_dimensionset AS sets ON sets.id = kept.set_id
"""


class Kept(NamedTuple):
    """The rows of those windows that are kept, and the positions of these."""

    rows: Sequence[WindowRow]
    positions: Collection[int]
    are_stale: bool


def kept_rows(windows: Sequence[Window], *, is_plain: bool, pooled: Collection[int] = ()) -> Kept:
    """What is kept of the windows; one query, and one more where something is long and `pooled`
    meters have all their resources as one. `is_plain` says that no meter needs more than a sum.
    """
    asked = {window.position: window for window in windows if window.has_ended}
    if not asked:
        return Kept((), (), are_stale=False)
    lists = [*_LISTS, *(() if is_plain else _DETAILS)]
    named = ", ".join(_UNLESS_LONG.format(each) if pooled else each for each in lists)
    with connection.cursor() as cursor:
        cursor.execute(
            _KEPT.format(concerns=CONCERNS, lists=named),
            _asked(asked.values())
            | {"concerned": array({each.account_id for each in asked.values()}), "long": _LONG},
        )
        found = cursor.fetchall()
    short = [kept for kept in found if kept[3] is not None]
    long = [asked[kept[1]] for kept in found if kept[3] is None]
    # What was dropped between the two questions is read from its days.
    added_up = list(_pooled(long, pooled))
    positions = {kept[1] for kept in short} | {row[1] for row in added_up}
    rows = [*_lines(short), *added_up]
    return Kept(rows, positions, are_stale=bool(found and found[0][0]))


def _asked(windows: Collection[Window]) -> dict[str, Any]:
    return {
        "positions": array([window.position for window in windows]),
        "accounts": array([window.account_id for window in windows]),
        "firsts": array([window.day_from for window in windows]),
        "ends": array([window.day_until for window in windows]),
    }


def _lines(found: Sequence[WindowRow]) -> Iterator[WindowRow]:
    pricing = _pricing({each for kept in found for each in kept[5]})
    for _, position, account_id, meters, resources, sets, totals, counts, *details in found:
        least, most, moments, states = details or _NO_DETAILS
        yield from zip(
            repeat(RowKind.WHOLE),
            repeat(position),
            repeat(account_id),
            meters,
            resources,
            map(pricing.__getitem__, sets),
            totals,
            least,
            most,
            counts,
            moments,
            states,
            strict=False,
        )


def _pooled(long: Collection[Window], pooled: Collection[int]) -> Iterator[WindowRow]:
    if not long:
        return
    with connection.cursor() as cursor:
        cursor.execute(_POOLED, _asked(long) | {"pooled": array(pooled)})
        for row in cursor.fetchall():
            yield RowKind.WHOLE, *row


def _pricing(set_ids: set[int]) -> dict[int, str]:
    """The JSON of the pricing dimensions of dimension sets."""
    if not set_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, pricing::text FROM usage_dimensionset WHERE id = ANY(%s)", [array(set_ids)]
        )
        return dict(cursor.fetchall())
