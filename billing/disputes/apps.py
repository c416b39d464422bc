"""Registers the room, listens to what becomes of proposals, and keeps hours of service in force."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from core.clock import now


class DisputesConfig(AppConfig):
    name = "billing.disputes"
    label = "disputes"

    def ready(self) -> None:
        # Approvals stands below and cannot know what rests on a proposal.
        from approvals.listeners import listen
        from billing.disputes.operations.batch_proposals import batch_heard
        from billing.disputes.operations.settling_lines import heard
        from billing.disputes.queries.money_promises import broken_promises
        from billing.invoicing.further_gates import ask_also

        ask_also(broken_promises)
        listen(heard)
        listen(batch_heard)
        post_migrate.connect(_have_hours, sender=self, dispatch_uid="disputes.hours")


def _have_hours(using: str, **kwargs: Any) -> None:
    """After every migrate, and after a test empties the database, there are hours of service."""
    from billing.disputes.operations.service_hours import adopt_first

    adopt_first(at=now(), using=using)
