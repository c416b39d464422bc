"""The rows of approvals; every model is named here."""

from approvals.models.decisions import Decision, ProposalExecution
from approvals.models.delegations import Delegation
from approvals.models.emergencies import Emergency, EmergencyWord
from approvals.models.mandates import Mandate, MandateDraw, MandateReview
from approvals.models.policies import ApprovalPolicy
from approvals.models.proposals import Proposal, ProposalVersion, amount_of

__all__ = [
    "ApprovalPolicy",
    "Decision",
    "Delegation",
    "Emergency",
    "EmergencyWord",
    "Mandate",
    "MandateDraw",
    "MandateReview",
    "Proposal",
    "ProposalExecution",
    "ProposalVersion",
    "amount_of",
]
