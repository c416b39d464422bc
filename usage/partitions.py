"""The day partitions of the event table: made ahead, made on demand, never missing.

Owns their names and bounds (UTC days). An event of a day without partition is kept in the default
partition and moved when its own is made, so nothing is ever refused for want of one.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta

from django.db import connection

from core.db.transactions import transaction

DAYS_AHEAD = 14
DEFAULT_PARTITION = "usage_event_default"

_known: set[date] = set()


def ensure_ahead(*, at: datetime, days: int = DAYS_AHEAD) -> list[date]:
    """Make the partitions from yesterday until so many days ahead; return those that were missing.

    Safe to call at any time, also twice at once.
    """
    today = at.astimezone(UTC).date()
    wanted = [today + timedelta(days=offset) for offset in range(-1, days + 1)]
    return _make_missing(wanted)


def ensure_partitions(days: Collection[date]) -> None:
    """Make the partitions of these UTC days where they are missing.

    Inside somebody's transaction this does nothing: making one locks the table for everybody until
    that transaction ends. Such events go to the default partition.
    """
    if not _known.issuperset(days) and not connection.in_atomic_block:
        _make_missing(sorted(set(days) - _known))
        _known.update(days)


def missing_days(days: Collection[date]) -> list[date]:
    """The UTC days that have no partition of their own."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT day FROM unnest(%s::date[]) AS day"
            " WHERE to_regclass('usage_event_' || to_char(day, 'YYYYMMDD')) IS NULL ORDER BY day",
            [list(days)],
        )
        return [row[0] for row in cursor.fetchall()]


def _make_missing(days: Collection[date]) -> list[date]:
    made: list[date] = []
    for day in missing_days(days):
        with transaction(), connection.cursor() as cursor:
            cursor.execute("SELECT usage_make_event_partition(%s)", [day])
            if cursor.fetchone()[0]:
                made.append(day)
    return made
