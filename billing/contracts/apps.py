"""Registers the room."""

from django.apps import AppConfig


class ContractsConfig(AppConfig):
    name = "billing.contracts"
    label = "contracts"

    def ready(self) -> None:
        """Make known what can be put forward."""
        # Approvals stands below and cannot know what there is to approve.
        from approvals.kinds import register
        from billing.contracts.change_policy_proposals import ChangePolicyProposal
        from billing.contracts.proposals import AgreedPriceProposal

        register(AgreedPriceProposal())
        register(ChangePolicyProposal())
