"""Raw events as they count today: the event as sent, or its latest revision; voided ones left out.

The one reader of raw events for everything derived from them. Owns no meaning, only order and
revisions.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from usage.aggregate.facts import RawEvent

_CHUNK = 5_000

_SELECT = """
    SELECT event.resource_id, event.type_id, event.source_id, event.key, event.event_id,
           event.occurred_at, revision.kind,
           CASE WHEN revision.number IS NULL THEN event.quantity ELSE revision.quantity END,
           CASE WHEN revision.number IS NULL THEN event.data ELSE revision.data END
    FROM usage_event AS event
    LEFT JOIN LATERAL (SELECT number, kind, quantity, data FROM usage_eventrevision AS said
                       WHERE said.key = event.key ORDER BY number DESC LIMIT 1) AS revision ON true
    WHERE event.resource_id = ANY(%(resources)s) AND event.type_id = ANY(%(types)s)
      AND event.occurred_at >= %(start)s AND event.occurred_at < %(end)s
      AND revision.kind IS DISTINCT FROM 'void'
"""
_ORDER = " ORDER BY event.resource_id, event.occurred_at, event.key"
_AFTER = """
      AND (event.resource_id, event.occurred_at, event.key) >
          (%(after_resource)s, %(after_at)s::timestamptz, %(after_key)s::uuid)
"""


Place = tuple[int, datetime, str]
"""Resource, instant and key: the order in which raw events are read."""


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """A raw event with what it is about; `revised` is the kind of its last revision, if any."""

    resource_id: int
    type_id: int
    source_id: int
    event: RawEvent
    revised: str | None

    @property
    def place(self) -> Place:
        """Where it stands in the order of all events."""
        return self.resource_id, self.event.occurred_at, self.event.key


def stored_events(
    resource_ids: Collection[int],
    type_ids: Collection[int],
    *,
    start: datetime,
    end: datetime,
) -> Iterator[StoredEvent]:
    """Events of the resources with instants in [start, end), by resource and instant, streamed."""
    if not resource_ids or not type_ids or start >= end:
        return
    parameters: dict[str, Any] = {
        "resources": sorted(resource_ids),
        "types": sorted(type_ids),
        "start": start,
        "end": end,
    }
    with connection.chunked_cursor() as cursor:
        cursor.execute(_SELECT + _ORDER, parameters)
        while rows := cursor.fetchmany(_CHUNK):
            yield from (_stored(*row) for row in rows)


def page_of_events(
    resource_ids: Collection[int],
    type_ids: Collection[int],
    *,
    start: datetime,
    end: datetime,
    after: Place | None,
    limit: int,
) -> list[StoredEvent]:
    """The next `limit` events of the same order, after a place in it."""
    parameters: dict[str, Any] = {
        "resources": sorted(resource_ids),
        "types": sorted(type_ids),
        "start": start,
        "end": end,
        "limit": limit,
    }
    query = _SELECT
    if after is not None:
        query += _AFTER
        parameters |= {"after_resource": after[0], "after_at": after[1], "after_key": after[2]}
    with connection.cursor() as cursor:
        cursor.execute(f"{query}{_ORDER} LIMIT %(limit)s", parameters)
        return [_stored(*row) for row in cursor.fetchall()]


def _stored(  # noqa: PLR0913  the columns of _SELECT
    resource_id: int,
    type_id: int,
    source_id: int,
    key: UUID,
    event_id: str,
    occurred_at: datetime,
    revised: str | None,
    quantity: Decimal | None,
    data: str | None,
) -> StoredEvent:
    event = RawEvent(key.hex, event_id, occurred_at, quantity, properties_of(data))
    return StoredEvent(resource_id, type_id, source_id, event, revised)


def properties_of(stored: str | None) -> dict[str, Any]:
    """The rest of an event's data as ingest saw it: numbers exact."""
    if stored is None:
        return {}
    found: dict[str, Any] = json.loads(stored, parse_float=Decimal)
    return found
