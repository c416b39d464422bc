"""Registers the room."""

from django.apps import AppConfig


class SpendingConfig(AppConfig):
    name = "billing.spending"
    label = "spending"

    def ready(self) -> None:
        # Approvals stands below and cannot know what there is to approve.
        from approvals.kinds import register
        from billing.spending.proposals.limits import SpendingLimitProposal

        register(SpendingLimitProposal())
