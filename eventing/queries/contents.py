"""What a delivery says: the bytes that were sent, or will be."""

from __future__ import annotations

from eventing.catalogue import CATALOGUE
from eventing.envelope import body_of, cloud_event, example_event
from eventing.models import WebhookDelivery


def body_of_delivery(delivery: WebhookDelivery) -> bytes:
    """The body of a delivery, the same each time. Its event is frozen, and so is it."""
    if delivery.event is not None:
        return body_of(cloud_event(delivery.event))
    kind = CATALOGUE[delivery.type]
    return body_of(example_event(kind, id=delivery.public_id, at=delivery.queued_at))
