"""Which dimension values meters really saw: what a price list is held against."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from operator import itemgetter

from django.db import connection

from core.db.arrays import array

_last, _all_but_last = itemgetter(-1), itemgetter(0, 1, 2)

_QUERY = """
    WITH seen AS (
        SELECT meter_id, dimension_set_id, account_id FROM usage_usageday
        WHERE meter_id = ANY(%(meters)s::bigint[]) AND day >= %(day)s
        UNION
        SELECT interval.meter_id, interval.dimension_set_id, owner.account_id
        FROM usage_interval AS interval
        JOIN accounts_resourceownership AS owner ON owner.resource_id = interval.resource_id
         AND tstzrange(owner.owned_from, owner.owned_until)
          && tstzrange(interval.started_at, interval.ended_at)
        WHERE interval.meter_id = ANY(%(meters)s::bigint[])
          AND (interval.ended_at IS NULL OR interval.ended_at > %(since)s)
    )
    SELECT meter.id, meter.code, sets.pricing::text, found.accounts
    FROM (
        SELECT meter_id, dimension_set_id, array_agg(account_id) AS accounts FROM seen
        WHERE %(everybody)s OR account_id = ANY(%(accounts)s::bigint[])
        GROUP BY 1, 2
    ) AS found
    JOIN usage_dimensionset AS sets ON sets.id = found.dimension_set_id
    JOIN usage_meter AS meter ON meter.id = found.meter_id
    ORDER BY 2, 3
"""


@dataclass(frozen=True, slots=True)
class SeenDimensions:
    """A combination of pricing dimensions a meter saw, and of which accounts."""

    meter_id: int
    meter_code: str
    dimensions: Mapping[str, str]
    account_ids: Set[int]


def seen_dimensions(
    meter_ids: Collection[int], *, since: datetime, account_ids: Collection[int] | None = None
) -> list[SeenDimensions]:
    """The combinations seen of each meter from `since` on, by whole days; one query.

    Of these accounts, or of everybody.
    """
    if not meter_ids:
        return []
    day: date = since.date()
    with connection.cursor() as cursor:
        cursor.execute(
            _QUERY,
            {
                "meters": array(meter_ids),
                "day": day,
                "since": since,
                "everybody": account_ids is None,
                "accounts": array(account_ids or ()),
            },
        )
        rows = cursor.fetchall()
    # Sets that differ in what is only shown are one combination.
    return [
        SeenDimensions(meter_id, code, json.loads(pricing), frozenset().union(*map(_last, same)))
        for (meter_id, code, pricing), same in groupby(rows, key=_all_but_last)
    ]
