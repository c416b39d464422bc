"""Registers the room."""

from django.apps import AppConfig


class PublishingConfig(AppConfig):
    name = "billing.publishing"
    label = "publishing"

    def ready(self) -> None:
        # Approvals stands below and cannot know what there is to approve.
        from approvals.kinds import register
        from billing.publishing.proposals import PlanPublicationProposal, PlanRetirementProposal

        register(PlanPublicationProposal())
        register(PlanRetirementProposal())
