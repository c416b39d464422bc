"""The day partitions of the event table: made ahead, made on demand, never missing.

Owns their names and bounds (UTC days). An event of a day without partition is kept in the default
partition and moved when its own is made, so nothing is ever refused for want of one. Making one
waits for the readers of the default partition, and everybody else behind it; so it waits a moment
only, and is put off where one of them stays.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta

from django.db import OperationalError, connection
from psycopg.errors import LockNotAvailable

from core.db.transactions import transaction

DAYS_AHEAD = 14
DEFAULT_PARTITION = "usage_event_default"

PUT_OFF_FOR = timedelta(minutes=1)

logger = logging.getLogger(__name__)

_STRAY_DAYS = f"""
    SELECT DISTINCT (occurred_at AT TIME ZONE 'UTC')::date AS day FROM {DEFAULT_PARTITION}
    ORDER BY day LIMIT 31
"""  # noqa: S608  a constant

_known: set[date] = set()
_put_off_at: list[datetime] = []
"""When one was last put off; whatever keeps one day from being made keeps all of them."""


def ensure_ahead(*, at: datetime, days: int = DAYS_AHEAD) -> list[date]:
    """Make the partitions from yesterday until so many days ahead, and of days whose events lie in
    the default partition; return those that were made.

    Safe to call at any time, also twice at once. What is put off is made by a later call.
    """
    today = at.astimezone(UTC).date()
    wanted = {today + timedelta(days=offset) for offset in range(-1, days + 1)}
    return _make_missing(wanted | _stray_days())


def ensure_partitions(days: Collection[date], *, at: datetime) -> None:
    """Make the partitions of these UTC days where they are missing, unless any was put off less
    than a minute ago.

    Inside somebody's transaction this does nothing: making one locks the table for everybody until
    that transaction ends. Events without one go to the default partition.
    """
    if _known.issuperset(days) or connection.in_atomic_block:
        return
    if _put_off_at and at < _put_off_at[0] + PUT_OFF_FOR:
        return
    wanted = set(days) - _known
    _make_missing(wanted)
    missing = set(missing_days(wanted))
    _put_off_at[:] = [at] if missing else []
    _known.update(wanted - missing)


def missing_days(days: Collection[date]) -> list[date]:
    """The UTC days that have no partition of their own."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT day FROM unnest(%s::date[]) AS day"
            " WHERE to_regclass('usage_event_' || to_char(day, 'YYYYMMDD')) IS NULL ORDER BY day",
            [list(days)],
        )
        return [row[0] for row in cursor.fetchall()]


def _stray_days() -> set[date]:
    with connection.cursor() as cursor:
        cursor.execute(_STRAY_DAYS)
        return {row[0] for row in cursor.fetchall()}


def _make_missing(days: Collection[date]) -> list[date]:
    """Make those that are missing until one has to be put off; return those that were made."""
    made: list[date] = []
    for day in missing_days(days):
        try:
            with transaction(), connection.cursor() as cursor:
                cursor.execute("SELECT usage_make_event_partition(%s)", [day])
                if cursor.fetchone()[0]:
                    made.append(day)
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable):
                raise
            logger.warning("event_partition_put_off", extra={"day": day.isoformat()})
            break
    return made
