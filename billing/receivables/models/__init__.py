"""What receivables stores."""

from billing.receivables.models.bank_files import BankFile, BankRow, BankRowFate, PayerReference
from billing.receivables.models.clearing import ExcessCleared
from billing.receivables.models.dunning import DunningNotice, PaymentPromise
from billing.receivables.models.holds import Hold, HoldEntry
from billing.receivables.models.payments import Payment, PaymentReversal
from billing.receivables.models.refunds import Refund, RefundAttempt
from billing.receivables.models.rules import RuleVersion
from billing.receivables.models.settlements import Settlement

__all__ = [
    "BankFile",
    "BankRow",
    "BankRowFate",
    "DunningNotice",
    "ExcessCleared",
    "Hold",
    "HoldEntry",
    "PayerReference",
    "Payment",
    "PaymentPromise",
    "PaymentReversal",
    "Refund",
    "RefundAttempt",
    "RuleVersion",
    "Settlement",
]
