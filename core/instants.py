"""Days and instants from outside: one reader, and the years they may lie in.

At the ends of the calendar there is no day before or after and no other zone, so arithmetic that is
right everywhere else fails there. Nothing that is billed lies outside these years.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from core.errors import Invalid

EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(9000, 1, 1, tzinfo=UTC)
RANGE_SAID: Final = f"It must lie in the years {EARLIEST.year} to {LATEST.year - 1}."


class DateInvalid(Invalid):
    """A text is no day or instant, or lies where nothing is billed."""

    code = "date_invalid"
    title = "Not a day or an instant"


def read_day(text: str, *, field: str) -> date:
    """A calendar day, written as 2026-10-31. Raises: DateInvalid."""
    try:
        if len(text) != 10:
            raise ValueError("other forms of ISO 8601 are easily mistaken")
        day = date.fromisoformat(text)
    except ValueError:
        raise DateInvalid(
            f"{text[:40]!r} is not a day; write it as 2026-10-31.", field=field
        ) from None
    if not is_day_in_range(day):
        raise DateInvalid(f"{text} is out of range. {RANGE_SAID}", field=field)
    return day


def read_instant(text: str, *, field: str) -> datetime:
    """An instant with its zone, in UTC. Raises: DateInvalid."""
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            raise ValueError("an instant has its zone")
        at = at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise DateInvalid(
            f"{text[:40]!r} is not an instant with its zone, such as 2026-05-01T00:00:00Z.",
            field=field,
        ) from None
    if not is_in_range(at):
        raise DateInvalid(f"{text[:40]} is out of range. {RANGE_SAID}", field=field)
    return at


def read_moment(text: str, zone: str, *, field: str) -> datetime:
    """An instant by the clock of a zone, such as 2026-10-14T09:12, or one that names its own; in
    UTC. Of an hour that came twice it is the first. Raises: DateInvalid.
    """
    try:
        at = datetime.fromisoformat(text)
        if "T" not in text:
            raise ValueError("a day is no instant")
        if at.tzinfo is not None:
            return read_instant(text, field=field)
        found = at.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise DateInvalid(
            f"{text[:40]!r} is not an instant; write it as 2026-10-14T09:12.", field=field
        ) from None
    if found.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != at:
        raise DateInvalid(
            f"{text[:40]} never came on the clock of {zone}: it was put forward.", field=field
        )
    if not is_in_range(found):
        raise DateInvalid(f"{text[:40]} is out of range. {RANGE_SAID}", field=field)
    return found


def is_in_range(at: datetime) -> bool:
    """Whether an instant lies in the years that may be asked for."""
    return EARLIEST <= at < LATEST


def is_day_in_range(day: date) -> bool:
    """Whether a day lies in the years that may be asked for."""
    return EARLIEST.year <= day.year < LATEST.year
