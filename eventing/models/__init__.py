"""The tables of facts out: what happened, in which order it was told, and to whom it was sent."""

from eventing.models.outbox import FeedEntry, OutboxEvent, UntoldEvent
from eventing.models.webhooks import (
    AttemptContent,
    EndpointHealth,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookLane,
    WebhookSecret,
)

__all__ = [
    "AttemptContent",
    "EndpointHealth",
    "FeedEntry",
    "OutboxEvent",
    "UntoldEvent",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookLane",
    "WebhookSecret",
]
