"""Which dimension values meters really saw: what a price list is held against."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
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
    SELECT seen.meter_id, meter.code, sets.pricing::text, count(DISTINCT seen.account_id)
    FROM seen
    JOIN usage_dimensionset AS sets ON sets.id = seen.dimension_set_id
    JOIN usage_meter AS meter ON meter.id = seen.meter_id
    GROUP BY 1, 2, 3 ORDER BY 2, 3
"""


@dataclass(frozen=True, slots=True)
class SeenDimensions:
    """A combination of pricing dimensions a meter saw, and of how many accounts."""

    meter_id: int
    meter_code: str
    dimensions: Mapping[str, str]
    account_count: int


def seen_dimensions(meter_ids: Collection[int], *, since: datetime) -> list[SeenDimensions]:
    """The combinations seen of each meter from `since` on, counted by whole days; one query."""
    if not meter_ids:
        return []
    day: date = since.date()
    with connection.cursor() as cursor:
        cursor.execute(_QUERY, {"meters": sorted(meter_ids), "day": day, "since": since})
        return [
            SeenDimensions(meter_id, code, json.loads(pricing), count)
            for meter_id, code, pricing, count in cursor.fetchall()
        ]
