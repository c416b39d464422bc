"""What closing stores."""

from billing.closing.models.revenue import (
    RecognitionPolicy,
    RevenueEntry,
    RevenueRecognition,
    RevenueSchedule,
)

__all__ = ["RecognitionPolicy", "RevenueEntry", "RevenueRecognition", "RevenueSchedule"]
