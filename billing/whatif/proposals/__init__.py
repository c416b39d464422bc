"""The kinds of proposals that change usage, whose effect on bills this room works out."""

from approvals.kinds import register
from billing.whatif.proposals.held_events import HeldSettlementProposal
from billing.whatif.proposals.usage_corrections import UsageCorrectionProposal


def register_all() -> None:
    """Tell approvals of every kind."""
    register(UsageCorrectionProposal())
    register(HeldSettlementProposal())
