"""How usage does, for whoever watches: what comes in, what is held, what must be built again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from django.db import connection
from django.db.models import Sum

from core.measures import WatchedNumber, age
from usage.models import Receipt, StaleUsage
from usage.partitions import DAYS_AHEAD, missing_days

COUNTED_TO: Final = 10_000
RECENT: Final = timedelta(minutes=5)
VERDICTS: Final = ("accepted", "duplicate", "conflict", "quarantined", "rejected")

_HELD = """
    SELECT reason, count(*), min(received_at) FROM (
        SELECT reason, received_at FROM usage_quarantinedevent WHERE state = 'held'
        ORDER BY reason, received_at, id LIMIT %s) AS held
    GROUP BY reason
"""
_SOURCES = """
    SELECT source.name, max(receipt.received_at)
    FROM usage_receipt AS receipt
    CROSS JOIN LATERAL jsonb_object_keys(receipt.source_hours) AS told(source_id)
    JOIN usage_source AS source ON source.id = told.source_id::bigint
    WHERE receipt.received_at > %s AND receipt.id > (SELECT max(id) - 20000 FROM usage_receipt)
    GROUP BY source.name ORDER BY 2 DESC LIMIT 200
"""
"""From the last 20,000 receipts, so that a busy platform's scrape stays short."""


def usage_measures(*, at: datetime) -> Iterator[WatchedNumber]:
    """Six queries, none of which reads an event."""
    yield from _received(at)
    yield from _sources(at)
    yield from _held(at)
    marks = StaleUsage.objects.all()[:COUNTED_TO].count()
    yield WatchedNumber("counterfoil_stale_usage", marks)
    today = at.astimezone(UTC).date()
    missing = missing_days([today + timedelta(days=ahead) for ahead in range(DAYS_AHEAD + 1)])
    ahead = (missing[0] - today).days - 1 if missing else DAYS_AHEAD
    yield WatchedNumber("counterfoil_partition_days", ahead)


def _received(at: datetime) -> Iterator[WatchedNumber]:
    counted = Receipt.objects.filter(received_at__gt=at - RECENT).aggregate(
        **{verdict: Sum(f"{verdict}_count", default=0) for verdict in VERDICTS}
    )
    for verdict, count in counted.items():
        yield WatchedNumber("counterfoil_events_last_5m", count, {"verdict": verdict})
    newest = Receipt.objects.order_by("-received_at").values_list("received_at", flat=True).first()
    yield WatchedNumber("counterfoil_newest_receipt_age_seconds", age(newest, at=at))


def _sources(at: datetime) -> Iterator[WatchedNumber]:
    with connection.cursor() as cursor:
        cursor.execute(_SOURCES, [at - timedelta(days=7)])
        for name, last in cursor.fetchall():
            yield WatchedNumber(
                "counterfoil_source_age_seconds", age(last, at=at), {"source": name}
            )


def _held(at: datetime) -> Iterator[WatchedNumber]:
    with connection.cursor() as cursor:
        cursor.execute(_HELD, [COUNTED_TO])
        for reason, count, oldest in cursor.fetchall():
            labels = {"reason": reason}
            yield WatchedNumber("counterfoil_quarantined_events", count, labels)
            yield WatchedNumber("counterfoil_quarantine_age_seconds", age(oldest, at=at), labels)
