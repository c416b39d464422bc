"""The billing calendar of an account: which period month n is, also when its zone changed.

Pure. The anchor and the zones come from the account; `core.periods` turns local days into instants.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from accounts.queries.profiles import ZoneSpan
from core.periods import Period, billing_period, month_day
from usage.days import day_at, day_starts, zone_at

SHORTEST_MONTH = timedelta(days=26)
"""No month is shorter: a February, less the day and more that a move of the zone may take."""


@dataclass(frozen=True, slots=True)
class AccountPeriod:
    """One billing period of one account, and the zone its days are counted in.

    `until` asks for the bill so far: usage counts up to that instant, fees are those of the whole
    period. None is the end of the period.
    """

    account_id: int
    period: Period
    zone: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class BillingCalendar:
    """Monthly periods counted from `anchor`; `zones` rise by `valid_from`.

    A month begins with its day, as `usage.days` counts the days of an account. So a new zone never
    moves a boundary that has passed, and consecutive periods always tile.
    """

    anchor: date
    zones: Sequence[ZoneSpan]

    def starts(self, n: int) -> datetime:
        """The instant at which month n begins."""
        return day_starts(self.zones, month_day(self.anchor, n))

    def period(self, n: int) -> Period:
        """Month n, half-open; remembered where the zone never changed."""
        if len(self.zones) == 1:
            return billing_period(self.anchor, self.zones[0].zone, n)
        return Period(self.starts(n), self.starts(n + 1))

    def zone_of(self, n: int) -> str:
        """The zone in force when month n begins."""
        if len(self.zones) == 1:
            return self.zones[0].zone
        return zone_at(self.zones, self.starts(n))

    def number_at(self, at: datetime) -> int:
        """The number of the month that contains the instant."""
        day = day_at(self.zones, at)
        n = (day.year - self.anchor.year) * 12 + day.month - self.anchor.month
        while self.starts(n) > at:
            n -= 1
        while self.starts(n + 1) <= at:
            n += 1
        return n

    def ended_between(self, start: datetime, until: datetime) -> Iterator[int]:
        """Numbers of the months from the one containing `start` that ended by `until`."""
        n = self.number_at(start)
        while self.starts(n + 1) <= until:
            yield n
            n += 1
