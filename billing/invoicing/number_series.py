"""The gapless series that invoices and credit notes take their numbers from.

A series may begin anew each year: then the one that is locked stands for all of its years, and each
year has a series of its own, "CF-2027-", by the entity's day of issue.
"""

from datetime import datetime

from billing.invoicing.issuing_entity import day_of_issue
from billing.invoicing.models import NumberSeries
from core.db.transactions import transaction_required

SERIES_PREFIX = "CF-"
"""Of the invoices of the one issuing entity there is."""
CREDIT_NOTE_PREFIX = "CN-"
"""Of its credit notes."""
PREFIXES = (SERIES_PREFIX, CREDIT_NOTE_PREFIX)
"""Of every series that may begin anew each year."""


def open_series(*, using: str) -> None:
    """Make what is missing; safe to call at any time."""
    for prefix in PREFIXES:
        NumberSeries.objects.using(using).get_or_create(prefix=prefix)


@transaction_required()
def take_numbers(prefix: str, count: int, *, at: datetime) -> tuple[NumberSeries, int, datetime]:
    """Take `count` numbers: the series, the first of them, and the instant of their issue.

    The series stays locked until the commit, so call it last. Whoever waited for the lock was
    overtaken, so the instant is never before that of the number before.
    """
    series = NumberSeries.objects.select_for_update(no_key=True).get(prefix=prefix)
    issued_at = max(at, series.last_issued_at or at)
    year = day_of_issue(issued_at).year
    if series.is_yearly_in(year):
        series.last_issued_at = issued_at
        series.save(update_fields=["last_issued_at"])
        series, _ = NumberSeries.objects.get_or_create(prefix=prefix_of_year(prefix, year))
    first = series.next_value
    series.next_value += count
    series.last_issued_at = issued_at
    series.save(update_fields=["next_value", "last_issued_at"])
    return series, first, issued_at


def prefix_of_year(prefix: str, year: int) -> str:
    """Of the series of one year."""
    return f"{prefix}{year}-"


def number_of(series: NumberSeries, sequence: int) -> str:
    """A number as printed."""
    return f"{series.prefix}{sequence:08d}"
