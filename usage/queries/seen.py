"""Which dimension values meters really saw: what a price list is held against."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

_QUERY = """
    WITH seen AS (
        SELECT meter_id, dimension_set_id, account_id FROM usage_usageday
        WHERE meter_id = ANY(%(meters)s) AND day >= %(day)s
        UNION
        SELECT interval.meter_id, interval.dimension_set_id, owner.account_id
        FROM usage_interval AS interval
        JOIN accounts_resourceownership AS owner ON owner.resource_id = interval.resource_id
         AND tstzrange(owner.owned_from, owner.owned_until)
          && tstzrange(interval.started_at, interval.ended_at)
        WHERE interval.meter_id = ANY(%(meters)s)
          AND (interval.ended_at IS NULL OR interval.ended_at > %(since)s)
    )
    SELECT seen.meter_id, meter.code, sets.pricing::text, array_agg(DISTINCT seen.account_id)
    FROM seen
    JOIN usage_dimensionset AS sets ON sets.id = seen.dimension_set_id
    JOIN usage_meter AS meter ON meter.id = seen.meter_id
    WHERE %(everybody)s OR seen.account_id = ANY(%(accounts)s)
    GROUP BY 1, 2, 3 ORDER BY 2, 3
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
                "meters": sorted(meter_ids),
                "day": day,
                "since": since,
                "everybody": account_ids is None,
                "accounts": sorted(account_ids or ()),
            },
        )
        return [
            SeenDimensions(meter_id, code, json.loads(pricing), frozenset(accounts))
            for meter_id, code, pricing, accounts in cursor.fetchall()
        ]
