"""The rows of windows that are kept added up, in the shape of usage.queries.window_rows.

What they hold is usage.derivation.period_totals' to keep true.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import repeat
from typing import NamedTuple

from django.db import connection

from core.db.arrays import array
from usage.derivation.stale_marks import CONCERNS
from usage.queries.window_rows import Row, RowKind, Window

_KEPT = """
    SELECT EXISTS (SELECT FROM usage_staleusage AS stale WHERE {concerns}),
           asked.position, period.account_id, period.meter_ids, period.resource_ids,
           period.dimension_set_ids, period.totals, period.event_counts {details}
    FROM unnest(%(positions)s::int[], %(accounts)s::bigint[], %(firsts)s::date[], %(ends)s::date[])
             AS asked(position, account_id, day_from, day_until)
    JOIN usage_usageperiod AS period USING (account_id, day_from, day_until)
"""
_DETAILS = ", period.least, period.most, period.moments, period.states"
_NO_DETAILS = (repeat(None),) * 4


class Kept(NamedTuple):
    """The rows of those windows that are kept, and the positions of these."""

    rows: Sequence[Row]
    positions: Collection[int]
    are_stale: bool


def kept_rows(windows: Sequence[Window], *, is_plain: bool) -> Kept:
    """What is kept of the windows. `is_plain` says that no meter needs more than a sum."""
    asked = [window for window in windows if window.has_ended]
    if not asked:
        return Kept((), (), are_stale=False)
    with connection.cursor() as cursor:
        cursor.execute(
            _KEPT.format(concerns=CONCERNS, details="" if is_plain else _DETAILS),
            {
                "positions": array([window.position for window in asked]),
                "accounts": array([window.account_id for window in asked]),
                "firsts": array([window.day_from for window in asked]),
                "ends": array([window.day_until for window in asked]),
                "concerned": array({window.account_id for window in asked}),
            },
        )
        found = cursor.fetchall()
    pricing = _pricing({each for kept in found for each in kept[5]})
    rows: list[Row] = []
    for _, position, account_id, meters, resources, sets, totals, counts, *details in found:
        least, most, moments, states = details or _NO_DETAILS
        rows += zip(
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
    return Kept(rows, {kept[1] for kept in found}, are_stale=bool(found and found[0][0]))


def _pricing(set_ids: set[int]) -> dict[int, str]:
    """The JSON of the pricing dimensions of dimension sets."""
    if not set_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, pricing::text FROM usage_dimensionset WHERE id = ANY(%s)", [array(set_ids)]
        )
        return dict(cursor.fetchall())
