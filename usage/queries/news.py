"""Whether something came in for accounts lately, and which event it was, without adding up any.

What tells is the count of events of the last local days, and what is marked to be built again. What
came for an earlier day is not told; whoever needs that looks again after a while.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from core.periods import Period

News = list[int]
"""What differs once something came in; compared, never read."""

_NEWS = """
    SELECT asked.account_id,
        coalesce((SELECT sum(day.event_count) FROM usage_usageday AS day
                  WHERE day.day = ANY(%(days)s) AND day.account_id = asked.account_id), 0),
        coalesce((SELECT max(stale.id) FROM usage_staleusage AS stale
                  WHERE stale.account_id = asked.account_id), 0)
    FROM unnest(%(accounts)s::bigint[]) AS asked(account_id)
"""
_ACCEPTED = """
    FROM accounts_resourceownership AS owner
    JOIN usage_event AS event ON event.resource_id = owner.resource_id
        AND event.occurred_at >= greatest(owner.owned_from, %(start)s)
        AND event.occurred_at < least(coalesce(owner.owned_until, 'infinity'), %(end)s)
    JOIN usage_receipt AS receipt ON receipt.id = event.receipt_id
    WHERE owner.account_id = %(account)s AND receipt.received_at > %(after)s
      AND (%(resources)s::bigint[] IS NULL OR event.resource_id = ANY(%(resources)s))
"""
_COUNT = f"SELECT count(*) {_ACCEPTED}"
_NTH = f"""
    SELECT event.key, source.name, event.event_id, receipt.received_at
    FROM (SELECT event.key, event.source_id, event.event_id, event.receipt_id, event.position,
                 receipt.received_at {_ACCEPTED}) AS event
    JOIN usage_source AS source ON source.id = event.source_id
    JOIN usage_receipt AS receipt ON receipt.id = event.receipt_id
    ORDER BY event.receipt_id, event.position, event.key OFFSET %(skipped)s LIMIT 1
"""  # noqa: S608  composed of constants


@dataclass(frozen=True, slots=True)
class AcceptedEvent:
    """An event, and when it was accepted."""

    key: UUID
    source: str
    event_id: str
    received_at: datetime


def news_of(account_ids: Collection[int], *, at: datetime) -> dict[int, News]:
    """What tells of news for each account; one query."""
    days = [(at + timedelta(days=offset)).date() for offset in (-1, 0, 1)]
    with connection.cursor() as cursor:
        cursor.execute(_NEWS, {"days": days, "accounts": sorted(account_ids)})
        return {account_id: [int(count), stale] for account_id, count, stale in cursor.fetchall()}


@dataclass(frozen=True, slots=True)
class AcceptedSince:
    """Events of an account's period accepted after an instant; None of resources is all of them."""

    account_id: int
    period: Period
    after: datetime
    resource_ids: Collection[int] | None = None

    def count(self) -> int:
        """How many there are."""
        with connection.cursor() as cursor:
            cursor.execute(_COUNT, self._asked())
            return int(cursor.fetchone()[0])

    def nth(self, skipped: int) -> AcceptedEvent | None:
        """The one after so many, in the order in which they were accepted."""
        with connection.cursor() as cursor:
            cursor.execute(_NTH, self._asked() | {"skipped": skipped})
            row = cursor.fetchone()
        return None if row is None else AcceptedEvent(*row)

    def _asked(self) -> dict[str, Any]:
        ids = None if self.resource_ids is None else sorted(self.resource_ids)
        return {
            "account": self.account_id,
            "start": self.period.start,
            "end": self.period.end,
            "after": self.after,
            "resources": ids,
        }
