"""The days of every resource in two questions, whatever meters add up: a row a resource and not one
a day. `tests/usage/test_fast_daily.py` holds it to `usage.queries.daily`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal

from django.db import connection

from core.db.arrays import array
from usage.aggregate.exact import exactly
from usage.aggregate.rules import Aggregation, Rule
from usage.queries.figures import adds_up
from usage.queries.quantities import DailyQuantities, UsageWindow, dimensions_of, resolved
from usage.queries.window_rows import IN_STATES, TOLD_APART, spans_of

_QUERY = f"""
    SELECT daily.meter_id, daily.resource_id, sets.pricing::text, daily.days, daily.quantities
    FROM (
        SELECT meter_id, resource_id, dimension_set_id, array_agg(day) AS days,
               array_agg(quantity) AS quantities
        FROM usage_usageday
        WHERE day = ANY(%(days)s::date[]) AND account_id = %(account)s
          AND meter_id = ANY(%(of_days)s::bigint[])
        GROUP BY meter_id, resource_id, dimension_set_id
        UNION ALL
        SELECT meter_id, resource_id, dimension_set_id,
               array_agg((%(days)s::date[])[position + 1]), array_agg(seconds)
        FROM ({IN_STATES.format(resource=TOLD_APART)})
            AS held(kind, position, account_id, meter_id, resource_id, dimension_set_id, seconds)
        WHERE meter_id = ANY(%(of_states)s::bigint[])
        GROUP BY meter_id, resource_id, dimension_set_id
    ) AS daily JOIN usage_dimensionset AS sets ON sets.id = daily.dimension_set_id
"""  # noqa: S608  constants


def adds_up_by_day(rule: Rule) -> bool:
    """Whether the quantity of a day is a sum over its rows."""
    return adds_up(rule) or rule.aggregation is Aggregation.DURATION


def fast_daily_quantities(
    windows: Sequence[UsageWindow], rules: Collection[Rule]
) -> list[DailyQuantities]:
    """What each resource used of meters that add up by day, on each of the days of one account;
    one query.
    """
    if not rules or not windows:
        return []
    parameters = {
        **spans_of(resolved(windows)),
        "account": windows[0].account_id,
        "days": array([window.day_from for window in windows]),
        "of_days": array([rule.meter_id for rule in rules if not rule.is_state]),
        "of_states": array([rule.meter_id for rule in rules if rule.is_state]),
        "member_meters": array([]),
    }
    with connection.cursor() as cursor:
        cursor.execute(_QUERY, parameters)
        rows = cursor.fetchall()
    found: dict[tuple[int, int, str], DailyQuantities] = {}
    for meter_id, resource_id, pricing, days, quantities in rows:
        each = DailyQuantities(
            meter_id,
            resource_id,
            dimensions_of(pricing)[0],
            dict(zip(days, quantities, strict=True)),
        )
        known = found.setdefault((meter_id, resource_id, pricing), each)
        if known is not each:
            _add(known.by_day, each.by_day)
    return list(found.values())


def _add(known: dict[date, Decimal], more: Mapping[date, Decimal]) -> None:
    """Sets that differ in what is only shown are one."""
    with exactly():
        for day, quantity in more.items():
            known[day] = known.get(day, Decimal(0)) + quantity
