"""What of a charge is used by the end of each month, where its use spans months.

Its days are those of the bill by day, so the parts sum to the charge to the cent.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import accumulate

from accounts.queries.profiles import zones_of
from billing.closing.months import BooksMonth
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.models import Invoice
from billing.invoicing.queries.days import as_draft_line, lines_by_day
from core.periods import Period


def used_by_month(invoice: Invoice, charge_key: str) -> dict[str, int]:
    """Minor units of a charge used by the end of each month, by the month's first day as text.

    Raises: what working out the days of its lines raises.
    """
    of_charge = [
        line
        for line in invoice.lines.filter(key__startswith=charge_key).order_by("position")
        if line.key.split("/", 1)[0] == charge_key
    ]
    drafts = [as_draft_line(line) for line in of_charge]
    start = min(line.period.start for line in drafts)
    end = max(line.period.end for line in drafts)
    scope = AccountPeriod(invoice.account_id, Period(start, end), invoice.zone)
    zones = zones_of([invoice.account_id])[invoice.account_id]
    return _by_month(lines_by_day(scope, drafts, zones=zones))


def _by_month(lines: Sequence[dict[date, int]]) -> dict[str, int]:
    sums: dict[date, int] = {}
    for line in lines:
        for day, minor in line.items():
            month = BooksMonth.of(day).first_on
            sums[month] = sums.get(month, 0) + minor
    months = sorted(sums)
    through = accumulate(sums[month] for month in months)
    return {month.isoformat(): minor for month, minor in zip(months, through, strict=True)}
