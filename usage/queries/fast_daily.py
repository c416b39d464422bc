"""The days of meters that add up in one question: a row a resource, or one for all, and none a day.

`tests/usage/test_fast_daily.py` holds it to the plain way in `usage.queries.daily`.
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
from usage.queries.window_rows import IN_STATES, POOLED, spans_of

_QUERY = """
    SELECT daily.meter_id, daily.resource_id, sets.pricing::text, daily.days, daily.quantities
    FROM ({parts}) AS daily JOIN usage_dimensionset AS sets ON sets.id = daily.dimension_set_id
"""
_DAYS = """
    SELECT meter_id, resource_id, dimension_set_id, array_agg(day) AS days,
           array_agg(quantity) AS quantities
    FROM {days_of}
    WHERE day = ANY(%(days)s::date[]) AND account_id = %(account)s AND meter_id = ANY({meters})
    GROUP BY meter_id, resource_id, dimension_set_id
"""
_APART = _DAYS.format(days_of="usage_usageday", meters="%(apart)s::bigint[]")
_AS_ONE = _DAYS.format(
    days_of="""(
        SELECT day, account_id, meter_id, NULL::bigint AS resource_id, dimension_set_id,
               sum(quantity) AS quantity
        FROM usage_usageday GROUP BY day, account_id, meter_id, dimension_set_id
    ) AS as_one""",
    meters="%(pooled)s::bigint[]",
)
_STATES = f"""
    SELECT meter_id, resource_id, dimension_set_id,
           array_agg((%(days)s::date[])[position + 1]) AS days, array_agg(seconds) AS quantities
    FROM ({IN_STATES.format(resource=POOLED)})
        AS held(kind, position, account_id, meter_id, resource_id, dimension_set_id, seconds)
    WHERE meter_id = ANY(%(of_states)s::bigint[])
    GROUP BY meter_id, resource_id, dimension_set_id
"""  # noqa: S608  constants


def adds_up_by_day(rule: Rule) -> bool:
    """Whether the quantity of a day is a sum over its rows."""
    return adds_up(rule) or rule.aggregation is Aggregation.DURATION


def fast_daily_quantities(
    windows: Sequence[UsageWindow], rules: Collection[Rule]
) -> list[DailyQuantities]:
    """What was used of meters that add up by day, on each of the days of one account; one query.

    The windows say whose resources are told apart.
    """
    if not rules or not windows:
        return []
    asked = resolved(windows)
    pooled = {rule.meter_id for rule in rules if asked and asked[0].pools(rule.meter_id)}
    of_days = {rule.meter_id for rule in rules if not rule.is_state}
    of_states = {rule.meter_id for rule in rules if rule.is_state}
    parts = [
        *([_APART] if of_days - pooled else []),
        *([_AS_ONE] if of_days & pooled else []),
        *([_STATES] if of_states else []),
    ]
    parameters = {
        **spans_of(asked),
        "account": windows[0].account_id,
        "days": array([window.day_from for window in windows]),
        "apart": array(of_days - pooled),
        "pooled": array(pooled),
        "of_states": array(of_states),
        "member_meters": array([]),
    }
    with connection.cursor() as cursor:
        cursor.execute(_QUERY.format(parts=" UNION ALL ".join(parts)), parameters)
        rows = cursor.fetchall()
    found: dict[tuple[int, int | None, str], DailyQuantities] = {}
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
