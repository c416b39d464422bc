"""The days a statement, or a file of it, is asked for; on the account's own clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from console.shell.access import StaffRequest
from console.shell.query_params import day_of
from core.clock import now
from core.errors import Invalid
from core.periods import Period, local_midnight

DAYS_SHOWN: Final = 90


class DaysReversed(Invalid):
    """A range ends before it begins."""

    code = "range_reversed"
    title = "The last day is before the first"


@dataclass(frozen=True, slots=True)
class AskedDays:
    """The first and the last day, both included, and the time they are in their zone."""

    first: date
    last: date
    zone: str

    @property
    def period(self) -> Period:
        """The days as instants."""
        return Period(
            local_midnight(self.first, self.zone),
            local_midnight(self.last + timedelta(days=1), self.zone),
        )

    def as_query(self) -> str:
        """As an address asks for them."""
        return urlencode({"from": self.first.isoformat(), "to": self.last.isoformat()})


def days_asked(request: StaffRequest, zone: str) -> AskedDays:
    """The days of `from` and `to`; without them the last 90. Raises: DateInvalid, DaysReversed."""
    last = day_of(request, "to") or now().astimezone(ZoneInfo(zone)).date()
    first = day_of(request, "from") or last - timedelta(days=DAYS_SHOWN)
    if first > last:
        raise DaysReversed("Choose a last day that is not before the first.", field="to")
    return AskedDays(first, last, zone)
