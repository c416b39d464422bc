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
from usage.aggregate.order import Arrival

_CHUNK = 5_000

_COLUMNS = """event.resource_id, event.type_id, event.source_id, event.key, event.event_id,
           event.occurred_at, event.receipt_id, event.position, event.sequence, revision.kind,
           CASE WHEN revision.number IS NULL THEN event.quantity ELSE revision.quantity END,
           CASE WHEN revision.number IS NULL THEN event.data ELSE revision.data END"""
_REVISED = """
    LEFT JOIN LATERAL (SELECT number, kind, quantity, data FROM usage_eventrevision AS said
                       WHERE said.key = event.key ORDER BY number DESC LIMIT 1) AS revision ON true
"""
_SELECT = f"""
    SELECT {_COLUMNS}
    FROM usage_event AS event {_REVISED}
    WHERE event.resource_id = ANY(%(resources)s) AND event.type_id = ANY(%(types)s)
      AND event.occurred_at >= %(start)s AND event.occurred_at < %(end)s
      AND revision.kind IS DISTINCT FROM 'void'
"""  # noqa: S608  constants of this module, no data
_ORDER = " ORDER BY event.resource_id, event.occurred_at, event.receipt_id, event.position"
_AFTER = """
      AND (event.resource_id, event.occurred_at, event.receipt_id, event.position) >
          (%(after_resource)s, %(after_at)s::timestamptz, %(after_receipt)s, %(after_position)s)
"""
_WITHIN = f"""
    SELECT span.position, {_COLUMNS}
    FROM unnest(%(positions)s::int[], %(resources)s::bigint[], %(starts)s::timestamptz[],
                %(ends)s::timestamptz[]) AS span(position, resource_id, starts, ends)
    JOIN usage_event AS event ON event.resource_id = span.resource_id
     AND event.occurred_at >= span.starts AND event.occurred_at < span.ends {_REVISED}
    WHERE event.type_id = ANY(%(types)s)
      AND event.occurred_at >= %(first)s AND event.occurred_at < %(last)s
      AND revision.kind IS DISTINCT FROM 'void'
    ORDER BY span.position, event.resource_id, event.occurred_at, event.receipt_id, event.position
"""  # noqa: S608  constants of this module, no data

_CHANGED_SINCE = f"""
    SELECT {_COLUMNS}, receipt.received_at > %(at)s
    FROM usage_event AS event JOIN usage_receipt AS receipt ON receipt.id = event.receipt_id
    {_REVISED}
    WHERE event.resource_id IN (
              SELECT owner.resource_id FROM accounts_resourceownership AS owner
              WHERE owner.account_id = %(account)s AND owner.owned_from < %(end)s
                AND (%(resource)s::bigint IS NULL OR owner.resource_id = %(resource)s))
      AND event.type_id IN (SELECT id FROM usage_eventtype WHERE name = ANY(%(names)s))
      AND event.occurred_at >= %(start)s AND event.occurred_at < %(end)s
      AND (receipt.received_at > %(at)s
           OR event.key IN (SELECT key FROM usage_eventrevision
                            WHERE recorded_at > %(at)s AND occurred_at < %(end)s))
    {_ORDER} LIMIT %(limit)s
"""  # noqa: S608  constants of this module, no data
_AS_OF = f"""
    SELECT {_COLUMNS}
    FROM usage_event AS event JOIN usage_receipt AS receipt ON receipt.id = event.receipt_id
    LEFT JOIN LATERAL (SELECT number, kind, quantity, data FROM usage_eventrevision AS said
                       WHERE said.key = event.key AND said.recorded_at <= %(at)s
                       ORDER BY number DESC LIMIT 1) AS revision ON true
    WHERE event.resource_id = ANY(%(resources)s) AND event.type_id = ANY(%(types)s)
      AND event.occurred_at >= %(start)s AND event.occurred_at < %(end)s
      AND receipt.received_at <= %(at)s AND revision.kind IS DISTINCT FROM 'void'
      AND (%(keys)s::uuid[] IS NULL OR event.key = ANY(%(keys)s::uuid[]))
    {_ORDER}
"""  # noqa: S608  constants of this module, no data


EventPlace = tuple[int, datetime, int, int]
"""Resource, instant, receipt and position in it: the order in which raw events are read."""


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """A raw event with what it is about; `revised` is the kind of its last revision, if any."""

    resource_id: int
    type_id: int
    source_id: int
    event: RawEvent
    revised: str | None

    @property
    def place(self) -> EventPlace:
        """Where it stands in the order of all events."""
        report = self.event.report
        return self.resource_id, self.event.occurred_at, report.receipt_id, report.position


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


@dataclass(frozen=True, slots=True)
class ResourceSpan:
    """The instants [start, end) of a resource that somebody asks about, under their number."""

    position: int
    resource_id: int
    start: datetime
    end: datetime


def events_within(
    spans: Collection[ResourceSpan], type_ids: Collection[int]
) -> Iterator[tuple[int, StoredEvent]]:
    """Events of each span with its position; by position, resource and instant, in one query."""
    if not spans or not type_ids:
        return
    parameters: dict[str, Any] = {
        "positions": [span.position for span in spans],
        "resources": [span.resource_id for span in spans],
        "starts": [span.start for span in spans],
        "ends": [span.end for span in spans],
        "first": min(span.start for span in spans),
        "last": max(span.end for span in spans),
        "types": sorted(type_ids),
    }
    with connection.chunked_cursor() as cursor:
        cursor.execute(_WITHIN, parameters)
        while rows := cursor.fetchmany(_CHUNK):
            yield from ((row[0], _stored(*row[1:])) for row in rows)


def page_of_events(
    resource_ids: Collection[int],
    type_ids: Collection[int],
    *,
    start: datetime,
    end: datetime,
    after: EventPlace | None,
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
        names = ("after_resource", "after_at", "after_receipt", "after_position")
        parameters |= dict(zip(names, after, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(f"{query}{_ORDER} LIMIT %(limit)s", parameters)
        return [_stored(*row) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class EventSelection:
    """Events of these resources and types with instants in [start, end)."""

    resource_ids: Collection[int]
    type_ids: Collection[int]
    start: datetime
    end: datetime

    def parameters(self) -> dict[str, Any]:
        """As the queries of this module name them."""
        return {
            "resources": sorted(self.resource_ids),
            "types": sorted(self.type_ids),
            "start": self.start,
            "end": self.end,
        }


@dataclass(frozen=True, slots=True)
class OwnedEvents:
    """Events of these types, of what an account owned, with instants in [start, end)."""

    account_id: int
    resource_id: int | None
    type_names: Collection[str]
    start: datetime
    end: datetime


def changed_since(
    asked: OwnedEvents, at: datetime, *, limit: int
) -> list[tuple[StoredEvent, bool]]:
    """Events that came or were revised after an instant, voided ones too; whether each came after
    it. At most `limit`, in one query.
    """
    parameters = {
        "account": asked.account_id,
        "resource": asked.resource_id,
        "names": sorted(asked.type_names),
        "start": asked.start,
        "end": asked.end,
        "at": at,
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CHANGED_SINCE, parameters)
        return [(_stored(*row[:-1]), row[-1]) for row in cursor.fetchall()]


def as_of(
    asked: EventSelection, at: datetime, *, keys: Collection[str] | None = None
) -> list[StoredEvent]:
    """Events as they counted at an instant: what had come by then, as it was revised by then."""
    wanted = None if keys is None else [UUID(key) for key in keys]
    with connection.cursor() as cursor:
        cursor.execute(_AS_OF, asked.parameters() | {"at": at, "keys": wanted})
        return [_stored(*row) for row in cursor.fetchall()]


def _stored(  # noqa: PLR0913  the columns of _SELECT
    resource_id: int,
    type_id: int,
    source_id: int,
    key: UUID,
    event_id: str,
    occurred_at: datetime,
    receipt_id: int,
    position: int,
    sequence: str,
    revised: str | None,
    quantity: Decimal | None,
    data: str | None,
) -> StoredEvent:
    report = Arrival(receipt_id, position, source_id, sequence)
    event = RawEvent(key.hex, event_id, occurred_at, quantity, properties_of(data), report)
    return StoredEvent(resource_id, type_id, source_id, event, revised)


def properties_of(stored: str | None) -> dict[str, Any]:
    """The rest of an event's data as ingest saw it: numbers exact."""
    if stored is None:
        return {}
    found: dict[str, Any] = json.loads(stored, parse_float=Decimal)
    return found
