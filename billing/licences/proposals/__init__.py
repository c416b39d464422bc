"""What of licences is put forward by one person and decided by another."""

from approvals.kinds import register
from billing.licences.proposals.amendments import LicenseAmendmentProposal


def register_all() -> None:
    """Tell approvals what there is to approve here."""
    register(LicenseAmendmentProposal())
