"""Registers the room."""

from django.apps import AppConfig


class LegacyConfig(AppConfig):
    name = "billing.legacy"
    label = "legacy"

    def ready(self) -> None:
        """Declare how a cut over is booked."""
        import billing.legacy.operations.cutting_over  # noqa: F401
