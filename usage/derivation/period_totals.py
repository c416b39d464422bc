"""Totals of billing periods that have ended, kept beside the days they are the sum of.

Owns when they are made and dropped. They are made while their account's stripe is held
exclusively, and whoever changes a day drops those that cover it in the same transaction: one that
can be seen is what its days add up to.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple

from django.db import connection

from core.db.arrays import array
from core.db.transactions import transaction
from core.isolating import isolated
from usage import account_locks

logger = logging.getLogger(__name__)

CHUNK = 250
"""Periods of one transaction, in which the bookings of their accounts wait."""

LISTS = {
    "meter_ids": "meter_id",
    "resource_ids": "resource_id",
    "dimension_set_ids": "dimension_set_id",
    "totals": "total",
    "least": "least",
    "most": "most",
    "event_counts": "events",
    "moments": "moment",
    "states": "states",
}
"""The lists of a kept period, and what they are lists of."""

_LISTS = ",\n           ".join(
    f"coalesce(array_agg({one} ORDER BY meter_id, resource_id, dimension_set_id) "
    f"FILTER (WHERE meter_id IS NOT NULL), '{{}}') AS {many}"
    for many, one in LISTS.items()
)
ADDED_UP = f"""
    SELECT account_id, day_from, day_until, {_LISTS}
    FROM asked LEFT JOIN (
        SELECT account_id, day_from, day_until, meter_id, resource_id, dimension_set_id,
               trim_scale(sum(quantity)) AS total, min(quantity) AS least, max(quantity) AS most,
               sum(event_count)::bigint AS events, sum(moment) AS moment,
               jsonb_agg(state) FILTER (WHERE state IS NOT NULL) AS states
        FROM asked JOIN usage_usageday USING (account_id)
        WHERE day >= day_from AND day < day_until
          AND day >= (SELECT min(day_from) FROM asked) AND day < (SELECT max(day_until) FROM asked)
        GROUP BY account_id, day_from, day_until, meter_id, resource_id, dimension_set_id
    ) AS line USING (account_id, day_from, day_until)
    GROUP BY account_id, day_from, day_until
"""  # noqa: S608  composed of what stands above
"""What the days of `asked` (account_id, day_from, day_until) add up to, as columns of the table."""

_MISSING = """
    SELECT account_id, day_from, day_until
    FROM unnest(%s::bigint[], %s::date[], %s::date[]) AS asked(account_id, day_from, day_until)
    WHERE NOT EXISTS (
        SELECT FROM usage_usageperiod AS kept
        WHERE (kept.account_id, kept.day_from, kept.day_until)
            = (asked.account_id, asked.day_from, asked.day_until))
    ORDER BY account_id, day_from, day_until LIMIT %s
"""
_KEEP = f"""
    WITH asked AS ({_MISSING})
    INSERT INTO usage_usageperiod (account_id, day_from, day_until, {", ".join(LISTS)})
    {ADDED_UP}
"""
# Locked in the order of their ids, for the sake of others that drop the same; and not even looked
# for where all that is kept ended before.
_DROP = """
    DELETE FROM usage_usageperiod WHERE id = ANY(ARRAY(
        SELECT kept.id FROM {changed}
        JOIN usage_usageperiod AS kept ON kept.account_id = changed.account_id
         AND kept.day_until > changed.day_from AND {begins_before}
        WHERE (SELECT max(day_until) FROM usage_usageperiod) > %(first)s
        ORDER BY kept.id FOR UPDATE OF kept
    ))
"""
DROP_BOOKED = _DROP.format(
    changed="unnest(%(days)s::date[], %(accounts)s::bigint[]) AS changed(day_from, account_id)",
    begins_before="kept.day_from <= changed.day_from",
)
"""Drops what covers these days of accounts, `first` the earliest; the stripes must be held."""
_DROP_STRETCHES = _DROP.format(
    changed="unnest(%(accounts)s::bigint[], %(days)s::date[], %(ends)s::date[]) "
    "AS changed(account_id, day_from, day_until)",
    begins_before="(changed.day_until IS NULL OR kept.day_from < changed.day_until)",
)


_Asked = tuple[int, date, date | None]


class DayPeriod(NamedTuple):
    """Local days [day_from, day_until) of an account; an open end is None."""

    account_id: int
    day_from: date
    day_until: date | None


def keep(periods: Collection[DayPeriod], *, limit: int | None = None) -> int:
    """Add up periods that are not kept yet, `limit` of them at most; returns how many.

    Nothing changes but how fast they are read. Each chunk is a transaction of its own, and one that
    cannot be added up holds up no other.
    """
    if not periods:
        return 0
    kept = 0
    with connection.cursor() as cursor:
        cursor.execute(_MISSING, [*_columns(periods), limit])
        missing = cursor.fetchall()
    for start in range(0, len(missing), CHUNK):
        kept += isolated(missing[start : start + CHUNK], _keep, set_aside=_leave)
    return kept


def _keep(missing: Sequence[_Asked]) -> None:
    with transaction(), connection.cursor() as cursor:
        account_locks.exclude([account_id for account_id, _, _ in missing])
        cursor.execute(_KEEP, [*_columns(missing), None])


def _leave(missing: _Asked, problem: Exception) -> None:
    """One that cannot be added up is read day by day; whoever bills it finds out why."""
    account_id, day_from, _ = missing
    logger.error(
        "period_not_added_up",
        exc_info=problem,
        extra={"account": account_id, "day_from": day_from.isoformat()},
    )


def _columns(periods: Collection[_Asked]) -> list[str]:
    return [array(column) for column in zip(*periods, strict=True)]


def drop(changed: Collection[DayPeriod]) -> None:
    """Drop the periods that share a day with these. The accounts' stripes must be held."""
    accounts, days, ends = _columns(changed)
    first = min(each.day_from for each in changed)
    with connection.cursor() as cursor:
        cursor.execute(
            _DROP_STRETCHES, {"accounts": accounts, "days": days, "ends": ends, "first": first}
        )
