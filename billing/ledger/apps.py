"""Registers the room and keeps the books open."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules

from core.clock import now


class LedgerConfig(AppConfig):
    name = "billing.ledger"
    label = "ledger"

    def ready(self) -> None:
        post_migrate.connect(_open_books, sender=self, dispatch_uid="ledger.books")
        # The rooms above say how their events are booked; so a journal can name what it books.
        autodiscover_modules("bookings")


def _open_books(using: str, **kwargs: Any) -> None:
    """After every migrate, and after a test empties the database, the books are there."""
    from billing.ledger.chart_of_accounts import open_books

    open_books(using=using, at=now())
