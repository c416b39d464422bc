"""A fact as it leaves the house: CloudEvents 1.0 in JSON, the same bytes whenever it is sent.

All of it is in the fact's own row, which never changes; so an event shows its subject as it was
right after it, whatever has happened since.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from core.canonical_json import canonical_bytes
from eventing.catalogue.shapes import PublishedType, schema_id
from eventing.models import OutboxEvent

SOURCE: Final = "urn:counterfoil"
CONTENT_TYPE: Final = "application/cloudevents+json"


def cloud_event(event: OutboxEvent) -> dict[str, Any]:
    """The event as an object. `sequence` counts the events of its subject: 1, 2, 3 …"""
    return _event(
        id=event.public_id,
        type=event.type,
        subject=event.subject,
        account=event.account,
        time=event.created_at,
        sequence=event.sequence,
        data=event.payload,
    )


def example_event(kind: PublishedType, *, id: str, at: datetime) -> dict[str, Any]:
    """What an event of a type looks like; it happened to nothing."""
    return _event(
        id=id,
        type=kind.name,
        subject=kind.example_subject,
        account="acc_01m83jjcngnq373wdxy66w1ets" if kind.for_partners else "",
        time=at,
        sequence=1,
        data=kind.example,
    )


def body_of(event: dict[str, Any]) -> bytes:
    """The bytes that are sent, and signed."""
    return canonical_bytes(event)


def _event(
    *, id: str, type: str, subject: str, account: str, time: datetime, sequence: int, data: Any
) -> dict[str, Any]:
    said = {
        "specversion": "1.0",
        "id": id,
        "source": SOURCE,
        "type": type,
        "subject": subject,
        "time": time.isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "dataschema": schema_id(type),
        "sequence": sequence,
        "data": data,
    }
    return said | {"account": account} if account else said
