"""The kinds of proposals that are about approving itself."""

from approvals.kinds import register
from approvals.proposals.mandates import MandateProposal
from approvals.proposals.policies import ApprovalPolicyProposal


def register_all() -> None:
    """Make them known."""
    register(ApprovalPolicyProposal())
    register(MandateProposal())
