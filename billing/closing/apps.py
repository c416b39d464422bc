"""Registers the room and keeps a policy of revenue in force."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from core.clock import now


class ClosingConfig(AppConfig):
    name = "billing.closing"
    label = "closing"

    def ready(self) -> None:
        post_migrate.connect(_have_a_policy, sender=self, dispatch_uid="closing.policy")


def _have_a_policy(using: str, **kwargs: Any) -> None:
    """After every migrate, and after a test empties the database, a policy is in force."""
    from billing.closing.recognition_policy import adopt_first

    adopt_first(at=now(), using=using)
