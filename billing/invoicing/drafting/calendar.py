"""The billing calendar of an account: which period month n is, also when its zone changed.

Pure. The anchor and the zones come from the account; `core.periods` turns local days into instants.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import zip_longest

from core.periods import Period, billing_period, local_day


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
class ZoneFrom:
    """An IANA zone and the instant from which the account has it."""

    valid_from: datetime
    zone: str


@dataclass(frozen=True, slots=True)
class BillingCalendar:
    """Monthly periods counted from `anchor`; `zones` rise by `valid_from`, one at least.

    A month begins at the first instant at which the account's own wall clock shows its day, by
    the zone in force then. So a new zone never moves a boundary that has passed, and consecutive
    periods always tile.
    """

    anchor: date
    zones: Sequence[ZoneFrom]

    def starts(self, n: int) -> datetime:
        """The instant at which month n begins."""
        ends = [version.valid_from for version in self.zones[1:]]
        for version, end in zip_longest(self.zones, ends):
            start = billing_period(self.anchor, version.zone, n).start
            if end is None or start <= end:
                break
        return start if version is self.zones[0] else max(start, version.valid_from)

    def period(self, n: int) -> Period:
        """Month n, half-open."""
        return Period(self.starts(n), self.starts(n + 1))

    def zone_of(self, n: int) -> str:
        """The zone in force when month n begins."""
        return self._zone_at(self.starts(n))

    def number_at(self, at: datetime) -> int:
        """The number of the month that contains the instant."""
        day = local_day(at, self._zone_at(at))
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

    def _zone_at(self, at: datetime) -> str:
        for version in reversed(self.zones[1:]):
            if at >= version.valid_from:
                return version.zone
        return self.zones[0].zone
