"""The tables of facts out: what happened, and in which order it was told."""

from eventing.models.outbox import FeedEntry, OutboxEvent, UntoldEvent

__all__ = ["FeedEntry", "OutboxEvent", "UntoldEvent"]
