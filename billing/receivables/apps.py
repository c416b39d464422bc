"""Registers the room."""

from django.apps import AppConfig


class ReceivablesConfig(AppConfig):
    name = "billing.receivables"
    label = "receivables"

    def ready(self) -> None:
        # Approvals stands below and cannot know what there is to approve.
        from billing.receivables.proposals import register_all

        register_all()
