"""Months of the books: calendar months, whose instants begin and end in UTC.

A service day belongs to the month of its date on the account's own calendar; an entry belongs to
the month in which it is effective.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from core.errors import Invalid
from core.periods import OutsideCalendar, local_day, local_midnight, month_day

BOOKS_ZONE = "UTC"
_WRITTEN = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_INSTANT = timedelta(microseconds=1)


class MonthInvalid(Invalid):
    """The text is no month such as 2026-10."""

    code = "month_invalid"
    title = "Not a month"


class MonthNotOver(Invalid):
    """The month has not ended."""

    code = "month_not_over"
    title = "The month is not over"


@dataclass(frozen=True, slots=True, order=True)
class BooksMonth:
    """A month of the books by its first day."""

    first_on: date

    @classmethod
    def of(cls, day: date) -> "BooksMonth":
        """The month a day lies in."""
        return cls(day.replace(day=1))

    @classmethod
    def at(cls, at: datetime) -> "BooksMonth":
        """The month an instant lies in."""
        return cls.of(local_day(at, BOOKS_ZONE))

    @property
    def following(self) -> "BooksMonth":
        """The month after it."""
        return BooksMonth(month_day(self.first_on, 1))

    @property
    def before(self) -> "BooksMonth":
        """The month before it."""
        return BooksMonth(month_day(self.first_on, -1))

    @property
    def starts_at(self) -> datetime:
        """Its first instant."""
        return local_midnight(self.first_on, BOOKS_ZONE)

    @property
    def ends_at(self) -> datetime:
        """The first instant of the month after it."""
        return self.following.starts_at

    @property
    def last_instant(self) -> datetime:
        """Its last instant, at which entries about the whole month are effective."""
        return self.ends_at - _INSTANT

    def require_over(self, at: datetime) -> None:
        """Raises: MonthNotOver."""
        if at < self.ends_at:
            raise MonthNotOver(
                f"{self.first_on:%B %Y} ends at {self.ends_at:%Y-%m-%d %H:%M} UTC.", field="month"
            )

    def __str__(self) -> str:
        return f"{self.first_on:%Y-%m}"


def read_month(text: str) -> BooksMonth:
    """Read a month such as 2026-10. Raises: MonthInvalid."""
    found = _WRITTEN.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        month = BooksMonth(date(int(found[1]), int(found[2]), 1))
        # Its neighbours are asked for, too.
        _ = (month.before, month.following.following)
    except (ValueError, OutsideCalendar):
        raise MonthInvalid(f"{text[:40]!r} is no month such as 2026-10.", field="month") from None
    return month
