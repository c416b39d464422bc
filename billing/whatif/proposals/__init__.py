"""The kinds of proposals that change usage, or how it is counted; their effect is this room's."""

from approvals.kinds import register
from billing.whatif.proposals.backfills import BackfillStepProposal
from billing.whatif.proposals.held_events import HeldSettlementProposal
from billing.whatif.proposals.meters import MeterChangeProposal
from billing.whatif.proposals.usage_corrections import UsageCorrectionProposal


def register_all() -> None:
    """Tell approvals of every kind."""
    register(UsageCorrectionProposal())
    register(HeldSettlementProposal())
    register(BackfillStepProposal())
    register(MeterChangeProposal())
