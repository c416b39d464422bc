"""What a figure was made of, day by day: its events counted and their values added up.

Read from the day roll-ups, so it costs the days of the window and not its events. States have no
such days: their time is told by intervals.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from usage.queries.evidence import EvidenceQuestion

_DAYS = """
    SELECT kept.day, trim_scale(sum(kept.quantity)), sum(kept.event_count)::bigint
    FROM usage_usageday AS kept JOIN usage_dimensionset AS sets ON sets.id = kept.dimension_set_id
    WHERE kept.day = ANY(%(days)s) AND kept.account_id = %(account)s AND kept.meter_id = %(meter)s
      AND (%(resource)s::bigint IS NULL OR kept.resource_id = %(resource)s)
      AND sets.pricing @> %(match)s::jsonb
    GROUP BY kept.day
"""


@dataclass(frozen=True, slots=True)
class DayOfEvents:
    """A local day of the account: the sum of what the meter read, in its unit, and of how many
    events. The sum means nothing for meters whose values do not add up.
    """

    day: date
    quantity: Decimal
    event_count: int


def days_of_events(question: EvidenceQuestion, days: Collection[date]) -> dict[date, DayOfEvents]:
    """Those of the days on which something counted, as it counts today; one query.

    The days are whole ones: the question's period must begin and end with a day, or end now.
    """
    parameters: dict[str, Any] = {
        "days": sorted(days),
        "account": question.account_id,
        "meter": question.meter_id,
        "resource": question.resource_id,
        "match": json.dumps(dict(question.match)),
    }
    with connection.cursor() as cursor:
        cursor.execute(_DAYS, parameters)
        return {row[0]: DayOfEvents(*row) for row in cursor.fetchall()}
