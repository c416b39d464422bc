"""The gapless series that invoices and credit notes take their numbers from."""

from datetime import datetime

from billing.invoicing.models import NumberSeries
from core.db.transactions import transaction_required

SERIES_PREFIX = "CF-"
"""Of the invoices of the one issuing entity there is."""
CREDIT_NOTE_PREFIX = "CN-"
"""Of its credit notes."""


def open_series(*, using: str) -> None:
    """Make what is missing; safe to call at any time."""
    for prefix in (SERIES_PREFIX, CREDIT_NOTE_PREFIX):
        NumberSeries.objects.using(using).get_or_create(prefix=prefix)


@transaction_required()
def take_numbers(prefix: str, count: int, *, at: datetime) -> tuple[NumberSeries, int, datetime]:
    """Take `count` numbers: the series, the first of them, and the instant of their issue.

    The series stays locked until the commit, so call it last. Whoever waited for the lock was
    overtaken, so the instant is never before that of the number before.
    """
    series = NumberSeries.objects.select_for_update(no_key=True).get(prefix=prefix)
    first, issued_at = series.next_value, max(at, series.last_issued_at or at)
    series.next_value += count
    series.last_issued_at = issued_at
    series.save(update_fields=["next_value", "last_issued_at"])
    return series, first, issued_at


def number_of(series: NumberSeries, sequence: int) -> str:
    """A number as printed."""
    return f"{series.prefix}{sequence:08d}"
