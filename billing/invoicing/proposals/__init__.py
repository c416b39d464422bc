"""The kinds of proposals that this room carries out."""

from approvals.kinds import register
from billing.invoicing.proposals.coupons import CouponProposal
from billing.invoicing.proposals.entitlements import ENTITLEMENTS
from billing.invoicing.proposals.grants import GrantProposal
from billing.invoicing.proposals.late_usage import LateWaiverProposal
from billing.invoicing.proposals.pool_true_up import PoolTrueUpProposal


def register_all() -> None:
    """Tell approvals of every kind."""
    register(CouponProposal())
    for kind in ENTITLEMENTS:
        register(kind)
    register(GrantProposal())
    register(LateWaiverProposal())
    register(PoolTrueUpProposal())
