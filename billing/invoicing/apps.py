"""Registers the room and keeps its number series open."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class InvoicingConfig(AppConfig):
    name = "billing.invoicing"
    label = "invoicing"

    def ready(self) -> None:
        post_migrate.connect(_open_series, sender=self, dispatch_uid="invoicing.series")
        # The apps below are told what is billed, which they cannot know by themselves.
        from accounts.billed_time import answered_by
        from billing.invoicing.billed_time import billed_time

        answered_by(billed_time)
        # Approvals stands below and cannot know what there is to approve.
        from billing.invoicing.proposals import register_all

        register_all()


def _open_series(using: str, **kwargs: Any) -> None:
    """After every migrate, and after a test empties the database, the series is there."""
    from billing.invoicing.number_series import open_series

    open_series(using=using)
