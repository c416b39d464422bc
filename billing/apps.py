"""Registers the app and keeps the books open."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class BillingConfig(AppConfig):
    name = "billing"
    label = "billing"

    def ready(self) -> None:
        post_migrate.connect(_open_books, sender=self, dispatch_uid="billing.books")


def _open_books(using: str, **kwargs: Any) -> None:
    """After every migrate, and after a test empties the database, the books are there."""
    from billing.books import open_books

    open_books(using=using)
