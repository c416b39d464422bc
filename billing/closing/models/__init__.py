"""What closing stores."""

from billing.closing.models.closes import (
    BatchedJournal,
    CloseCheck,
    CloseCheckWork,
    CloseSignature,
    CloseWaiver,
    JournalBatch,
    MonthClose,
)
from billing.closing.models.revenue import (
    RecognitionPolicy,
    RevenueEntry,
    RevenueRecognition,
    RevenueSchedule,
)

__all__ = [
    "BatchedJournal",
    "CloseCheck",
    "CloseCheckWork",
    "CloseSignature",
    "CloseWaiver",
    "JournalBatch",
    "MonthClose",
    "RecognitionPolicy",
    "RevenueEntry",
    "RevenueRecognition",
    "RevenueSchedule",
]
