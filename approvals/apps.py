"""Registers the app."""

from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    name = "approvals"
    label = "approvals"

    def ready(self) -> None:
        """Make known what can be put forward."""
        from approvals.listeners import listen
        from approvals.operations.mandates import give_back
        from approvals.proposals import register_all

        register_all()
        listen(give_back)
