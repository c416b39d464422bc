"""Registers the room."""

from django.apps import AppConfig


class LicencesConfig(AppConfig):
    name = "billing.licences"
    label = "licences"

    def ready(self) -> None:
        # Approvals stands below and cannot know what there is to approve.
        from billing.licences.proposals import register_all

        register_all()
