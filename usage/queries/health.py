"""Whether usage keeps up: partitions made ahead, and what must be built again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.db.models import Count, Min

from core.health import Check, Health, waiting
from usage.models import StaleUsage
from usage.partitions import DEFAULT_PARTITION, missing_days

DAYS_NEEDED = 3
"""Partitions are made two weeks ahead; with fewer days left somebody should look."""
STALE_ALLOWED = timedelta(minutes=10)


def usage_checks(*, at: datetime) -> list[Check]:
    """Two checks; three queries."""
    return [_partitions(at), _stale_usage(at)]


def _stale_usage(at: datetime) -> Check:
    marks = StaleUsage.objects.aggregate(oldest=Min("marked_at"), failed=Count("tried_at"))
    check = waiting("stale_usage", since=marks["oldest"], at=at, allowed=STALE_ALLOWED)
    if not marks["failed"]:
        return check
    return replace(check, detail=f"{check.detail} {marks['failed']:,} could not be built.")


def _partitions(at: datetime) -> Check:
    today = at.astimezone(UTC).date()
    missing = missing_days([today + timedelta(days=ahead) for ahead in range(DAYS_NEEDED + 1)])
    if missing:
        detail = (
            f"There is no event partition for {missing[0].isoformat()}; one is tried each minute."
        )
        return Check("partitions", Health.LATE, detail)
    if _has_strays():
        return Check("partitions", Health.LATE, "Some events lie in the default partition.")
    return Check("partitions", Health.OK, f"There are partitions for {DAYS_NEEDED} more days.")


def _has_strays() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS (SELECT FROM {DEFAULT_PARTITION})")  # noqa: S608  a constant
        return bool(cursor.fetchone()[0])
