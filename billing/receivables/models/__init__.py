"""What receivables stores."""

from billing.receivables.models.holds import Hold, HoldEntry
from billing.receivables.models.payments import Payment, PaymentReversal
from billing.receivables.models.refunds import Refund, RefundAttempt
from billing.receivables.models.settlements import Settlement

__all__ = [
    "Hold",
    "HoldEntry",
    "Payment",
    "PaymentReversal",
    "Refund",
    "RefundAttempt",
    "Settlement",
]
