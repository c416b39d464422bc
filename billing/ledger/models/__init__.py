"""What the ledger stores."""

from billing.ledger.models.balances import BalanceMark, BookMonth
from billing.ledger.models.books import ChartVersion, LedgerAccount
from billing.ledger.models.journals import Journal, JournalLine
from billing.ledger.models.locks import PeriodLock, PeriodLockVoid

__all__ = [
    "BalanceMark",
    "BookMonth",
    "ChartVersion",
    "Journal",
    "JournalLine",
    "LedgerAccount",
    "PeriodLock",
    "PeriodLockVoid",
]
