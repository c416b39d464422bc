"""The feed: every event in one order, the truth that webhooks only hurry along.

A place is given once and by one at a time, so what a reader has not seen is after its last place.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from eventing.audience import Audience
from eventing.models import FeedEntry


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Some entries in their order. `after` is where to go on from, also when nothing came."""

    entries: Sequence[FeedEntry]
    after: int
    has_more: bool


def feed_page(
    audience: Audience,
    *,
    after: int,
    size: int,
    types: Collection[str] = (),
    account: str = "",
) -> FeedPage:
    """What an audience may read after a place, `size` at most."""
    rows = FeedEntry.objects.filter(audience.may_hear, position__gt=after)
    if types:
        rows = rows.filter(type__in=types)
    if account:
        rows = rows.filter(account=account)
    found = list(rows.select_related("event").order_by("position")[: size + 1])
    shown = found[:size]
    return FeedPage(shown, shown[-1].position if shown else after, len(found) > size)


def last_position() -> int:
    """The last place there is; 0 before the first."""
    last = FeedEntry.objects.order_by("-position").values_list("position", flat=True).first()
    return last or 0


def open_since() -> datetime | None:
    """When the oldest transaction began that is still writing; what it tells comes later."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(xact_start) FROM pg_stat_activity WHERE datname = current_database()"
            " AND backend_xid IS NOT NULL AND pid <> pg_backend_pid()"
        )
        found: datetime | None = cursor.fetchone()[0]
    return found
