"""Registers the app."""

from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    name = "approvals"
    label = "approvals"

    def ready(self) -> None:
        """Make known what can be put forward."""
        from approvals.proposals import register_all

        register_all()
