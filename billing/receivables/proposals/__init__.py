"""The kinds of proposals that move money: what each reads, and what it would do.

Each wraps an operation of this room; nothing is decided here. `register_all` makes them known.
"""

from approvals.kinds import register
from billing.receivables.proposals.adjustments import AdjustmentProposal
from billing.receivables.proposals.credit_notes import CreditNoteProposal
from billing.receivables.proposals.invoices import (
    VoidAndReissueProposal,
    VoidProposal,
    WriteOffProposal,
)
from billing.receivables.proposals.money_back import (
    RecoveryProposal,
    RefundProposal,
    SettlementReversalProposal,
)


def register_all() -> None:
    """Tell approvals of every kind."""
    for kind in (
        AdjustmentProposal(),
        CreditNoteProposal(),
        RefundProposal(),
        VoidProposal(),
        VoidAndReissueProposal(),
        WriteOffProposal(),
        RecoveryProposal(),
        SettlementReversalProposal(),
    ):
        register(kind)
