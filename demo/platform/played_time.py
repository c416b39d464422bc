"""The stretch of time a play covers: one finished calendar month and the month after it so far."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

# A month counts as finished when it is over in the last zone on earth (UTC-12) and its invoices'
# usual grace of a day has passed too.
FINISHED_AFTER = timedelta(days=2)


def local_instant(day: date, at: time, zone: str) -> datetime:
    """The UTC instant of a wall-clock time in `zone` (the earlier one where clocks repeat)."""
    return datetime.combine(day, at, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def local_date(at: datetime, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date()


def month_after(first_on: date) -> date:
    return (first_on.replace(day=28) + timedelta(days=4)).replace(day=1)


@dataclass(frozen=True, slots=True)
class PlayedTime:
    """The finished month that begins on `month_on`, and on to `now` (exclusive, aware UTC)."""

    month_on: date
    now: datetime

    @classmethod
    def until(cls, now: datetime) -> "PlayedTime":
        """The play that ends at `now`: its month is the last one finished everywhere by then."""
        if now.utcoffset() is None:
            raise ValueError("a play ends at an aware instant")
        current_on = (now.astimezone(UTC) - FINISHED_AFTER).date().replace(day=1)
        return cls((current_on - timedelta(days=1)).replace(day=1), now.astimezone(UTC))

    @property
    def next_month_on(self) -> date:
        return month_after(self.month_on)

    def opens(self, zone: str) -> datetime:
        """First instant of the finished month in `zone`."""
        return local_instant(self.month_on, time(), zone)

    def turns(self, zone: str) -> datetime:
        """First instant after the finished month in `zone`."""
        return local_instant(self.next_month_on, time(), zone)

    def days(self, zone: str) -> list[date]:
        """Every local date of the play in `zone`, the last one unfinished."""
        last = local_date(self.now, zone)
        return [self.month_on + timedelta(days=n) for n in range((last - self.month_on).days + 1)]
