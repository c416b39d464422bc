"""Half-open periods of UTC instants, and the one conversion between local days and instants.

Owns: `Period`, where a local day starts, and where month n of a billing cycle lies. Does not own
whose zone or anchor it is, nor what "now" is: callers pass both.

Every boundary in the product is computed here, so that a subscription, a usage bucket and an
invoice can never disagree about where a month ends. A period never stores an offset, because an
offset is only true until the next clock change.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from core.errors import Invalid

_MICROSECOND = timedelta(microseconds=1)
_DAY = timedelta(days=1)


class PeriodError(Invalid):
    """Base of everything that can be wrong with a period."""

    code = "period_invalid"
    title = "Not a period"


class NotUtc(PeriodError):
    """An instant is naive or not in UTC."""

    code = "instant_not_utc"


class EmptyPeriod(PeriodError):
    """A period ends at or before its start."""

    code = "period_empty"


class OutsidePeriod(PeriodError):
    """A cut does not lie strictly inside the period it should split."""

    code = "cut_outside_period"


class UnknownZone(PeriodError):
    """The name is not an IANA time zone."""

    code = "zone_unknown"


class OutsideCalendar(PeriodError):
    """The date lies outside the years 1 to 9999."""

    code = "date_outside_calendar"


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """The instants from `start` on, up to but not including `end`."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        for instant in (self.start, self.end):
            if instant.utcoffset() != timedelta(0):
                raise NotUtc(f"{instant.isoformat()} is not an instant in UTC.")
        if self.start >= self.end:
            raise EmptyPeriod(f"{self} is empty.")

    @property
    def microseconds(self) -> int:
        """The length in whole microseconds, the finest unit an instant has."""
        return (self.end - self.start) // _MICROSECOND

    @property
    def seconds(self) -> int | Fraction:
        """The length in seconds: an int, or an exact Fraction when microseconds are left over."""
        whole, rest = divmod(self.microseconds, 1_000_000)
        return Fraction(self.microseconds, 1_000_000) if rest else whole

    def contains(self, at: datetime) -> bool:
        """Say whether the instant lies inside; the end does not."""
        return self.start <= at < self.end

    def overlaps(self, other: Period) -> bool:
        """Say whether the two share an instant; touching ends share none."""
        return self.start < other.end and other.start < self.end

    def intersect(self, other: Period) -> Period | None:
        """Return the shared part, or None."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Period(start, end) if start < end else None

    def split(self, *cuts: datetime) -> tuple[Period, ...]:
        """Return the parts between the cuts, in order; together they are the whole period.

        Raises: OutsidePeriod when a cut is not strictly inside.
        """
        for cut in cuts:
            if not self.start < cut < self.end:
                raise OutsidePeriod(f"{cut.isoformat()} does not lie inside {self}.")
        bounds = [self.start, *sorted(set(cuts)), self.end]
        return tuple(Period(start, end) for start, end in pairwise(bounds))

    def __str__(self) -> str:
        return f"[{self.start.isoformat()}, {self.end.isoformat()})"


def local_midnight(day: date, zone: str) -> datetime:
    """Return the UTC instant at which a local day starts.

    It is the first instant at which the wall clock of the zone shows the day or a later one. So
    consecutive days always tile: where a clock change skips midnight the day starts at the change;
    where midnight happens twice it starts at the first; a day the zone skipped has no length.

    Raises: UnknownZone, OutsideCalendar.
    """
    # A datetime is a date too, and would be cached under a key equal to no date.
    return _local_midnight(day.year, day.month, day.day, zone)


def local_day(at: datetime, zone: str) -> date:
    """Return the local day an instant belongs to: the one whose midnight came last.

    Raises: NotUtc for a naive instant, UnknownZone, OutsideCalendar.
    """
    if at.tzinfo is None:
        raise NotUtc(f"{at.isoformat()} is naive; which instant it means is unknown.")
    try:
        day = at.astimezone(_zone(zone)).date()
        following = day + _DAY
    except OverflowError:
        raise OutsideCalendar(f"{at.isoformat()} lies outside the calendar of {zone}.") from None
    # Only where a clock was set back across midnight: the repeated hour stays with the later day.
    return following if at >= local_midnight(following, zone) else day


@lru_cache(maxsize=65_536)
def billing_period(anchor: date, zone: str, n: int, *, months: int = 1) -> Period:
    """Return period number n of a cycle of so many months, counted from the anchor day.

    Period 0 starts at the local midnight of the anchor; n may be negative. Both ends are counted
    from the anchor and clamped to the length of the month, never from the previous end, so a cycle
    anchored on the 31st returns to the 31st after February.

    Raises: UnknownZone, OutsideCalendar.
    """
    if months < 1:
        raise EmptyPeriod("A billing cycle is at least one month long.")
    start, end = month_day(anchor, n * months), month_day(anchor, (n + 1) * months)
    return Period(local_midnight(start, zone), local_midnight(end, zone))


def billing_period_at(anchor: date, zone: str, at: datetime, *, months: int = 1) -> Period:
    """Return the period of the cycle that contains an instant.

    Raises: NotUtc for a naive instant, UnknownZone, OutsideCalendar.
    """
    day = local_day(at, zone)
    n = ((day.year - anchor.year) * 12 + day.month - anchor.month) // months
    # The estimate by calendar month is exact or one too late; midnight decides.
    if at < local_midnight(month_day(anchor, n * months), zone):
        n -= 1
    return billing_period(anchor, zone, n, months=months)


@lru_cache(maxsize=65_536)
def month_day(anchor: date, months: int) -> date:
    """The day so many months after the anchor, clamped to the length of its month.

    Raises: OutsideCalendar.
    """
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise OutsideCalendar(
            f"{months} months from {anchor.isoformat()} lies outside the calendar."
        )
    return date(year, month + 1, min(anchor.day, monthrange(year, month + 1)[1]))


@lru_cache(maxsize=65_536)
def _local_midnight(year: int, month: int, day: int, zone: str) -> datetime:
    wall = datetime(year, month, day)  # noqa: DTZ001  a wall clock reading, given its zone below
    tz = _zone(zone)
    try:
        first = wall.replace(tzinfo=tz).astimezone(UTC)
        if first.astimezone(tz).replace(tzinfo=None) == wall:
            return first
        return _clock_change(wall.replace(tzinfo=tz, fold=1).astimezone(UTC), first, tz)
    except OverflowError:
        raise OutsideCalendar(f"{wall.date()} in {zone} lies outside the calendar.") from None


def _clock_change(before: datetime, after: datetime, tz: ZoneInfo) -> datetime:
    """Return the first second after `before` at which the offset of `after` holds."""
    offset = after.astimezone(tz).utcoffset()
    early, late = 0, int((after - before).total_seconds())
    while late - early > 1:
        middle = (early + late) // 2
        if (before + timedelta(seconds=middle)).astimezone(tz).utcoffset() == offset:
            late = middle
        else:
            early = middle
    return before + timedelta(seconds=late)


@lru_cache(maxsize=1_024)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, LookupError, OSError):
        raise UnknownZone(f"{name!r} is not an IANA time zone such as Europe/Amsterdam.") from None
