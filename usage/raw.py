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

from django.db import connection

from usage.aggregate.facts import RawEvent

_CHUNK = 5_000

_SELECT = """
    SELECT event.resource_id, event.type_id, event.key, event.event_id, event.occurred_at,
           CASE WHEN revision.number IS NULL THEN event.quantity ELSE revision.quantity END,
           CASE WHEN revision.number IS NULL THEN event.data ELSE revision.data END
    FROM usage_event AS event
    LEFT JOIN LATERAL (SELECT number, kind, quantity, data FROM usage_eventrevision AS said
                       WHERE said.key = event.key ORDER BY number DESC LIMIT 1) AS revision ON true
    WHERE event.resource_id = ANY(%(resources)s) AND event.type_id = ANY(%(types)s)
      AND event.occurred_at >= %(start)s AND event.occurred_at < %(end)s
      AND revision.kind IS DISTINCT FROM 'void'
    ORDER BY event.resource_id, event.occurred_at, event.key
"""


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """A raw event with what it is about."""

    resource_id: int
    type_id: int
    event: RawEvent


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
        cursor.execute(_SELECT, parameters)
        while rows := cursor.fetchmany(_CHUNK):
            for resource_id, type_id, key, event_id, occurred_at, quantity, data in rows:
                event = RawEvent(key.hex, event_id, occurred_at, quantity, properties_of(data))
                yield StoredEvent(resource_id, type_id, event)


def properties_of(stored: str | None) -> dict[str, Any]:
    """The rest of an event's data as ingest saw it: numbers exact."""
    if stored is None:
        return {}
    found: dict[str, Any] = json.loads(stored, parse_float=Decimal)
    return found
