"""What closing books: a month's revenue, put where it is earned."""

from billing.closing.models import RevenueRecognition
from billing.closing.months import BooksMonth
from billing.ledger.chart_of_accounts import DEFERRED_REVENUE, REVENUE, UNBILLED_REVENUE
from billing.ledger.templates import Posting, credit, debit, declare

REVENUE_RECOGNISED = declare(
    "revenue_recognised",
    "Revenue recognised",
    "At a month's end: what is billed and not earned is deferred, what is earned and not billed "
    "is unbilled, and both come back in the months they belong to.",
    debit(REVENUE, "moved"),
    credit(DEFERRED_REVENUE, "deferred"),
    debit(UNBILLED_REVENUE, "unbilled"),
)


def recognised(
    recognition: RevenueRecognition, *, deferred_minor: int, unbilled_minor: int
) -> Posting:
    """The posting of a recognition; one that moves nothing books nothing."""
    return REVENUE_RECOGNISED.posting(
        source=recognition.public_id,
        currency=recognition.currency,
        amounts={
            "moved": deferred_minor - unbilled_minor,
            "deferred": deferred_minor,
            "unbilled": unbilled_minor,
        },
        owners={},
        effective_at=BooksMonth(recognition.month_on).last_instant,
    )
