"""The kinds of proposals that this room carries out."""

from approvals.kinds import register
from billing.invoicing.proposals.late_usage import LateWaiverProposal


def register_all() -> None:
    """Tell approvals of every kind."""
    register(LateWaiverProposal())
