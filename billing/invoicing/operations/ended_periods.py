"""Add up what was used in periods that have ended, before the bill run asks for it.

Changes no figure: a bill run reads a period that is not kept day by day.
"""

from datetime import datetime, timedelta

from accounts.queries.profiles import zones_of
from billing.invoicing.queries.due import due_periods
from usage.days import days_of
from usage.derivation import period_totals
from usage.derivation.period_totals import DayPeriod

SETTLED = timedelta(hours=1)
"""How long after its end a period is added up: most of what is late has come by then."""
AT_MOST = 20_000
"""Periods of one call; a few seconds of work."""


def add_up(*, at: datetime) -> int:
    """Add up periods that wait for their bill; returns how many were not yet."""
    due = due_periods(as_of=at, grace=SETTLED).periods
    zones = zones_of({each.account_id for each in due})
    asked = [
        DayPeriod(each.account_id, *days_of(zones[each.account_id], each.period)) for each in due
    ]
    return period_totals.keep(asked, limit=AT_MOST)
