"""Add up what was used in periods that have ended, before the bill run asks for it.

Changes no figure: a bill run reads a period that is not kept day by day.
"""

from datetime import datetime, timedelta

from billing.invoicing.queries.due import due_periods
from core.periods import local_day
from usage.derivation import period_totals
from usage.derivation.period_totals import DayPeriod

SETTLED = timedelta(hours=1)
"""How long after its end a period is added up: most of what is late has come by then."""
AT_MOST = 20_000
"""Periods of one call; a few seconds of work."""

_DAY, _INSTANT = timedelta(days=1), timedelta(microseconds=1)


def add_up(*, at: datetime) -> int:
    """Add up periods that wait for their bill; returns how many were not yet."""
    due = due_periods(as_of=at, grace=SETTLED)
    asked = [
        DayPeriod(
            each.account_id,
            local_day(each.period.start, each.zone),
            local_day(each.period.end - _INSTANT, each.zone) + _DAY,
        )
        for each in due
    ]
    return period_totals.keep(asked, limit=AT_MOST)
