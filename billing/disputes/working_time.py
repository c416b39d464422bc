"""Working time: how much of a stretch is within open hours, and when a promise is due. Pure.

Hours are those of a week in one zone, less whole days that are closed. A promise runs in open hours
alone and stands still while it is paused; nothing is counted from a clock, only from its events.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from core.errors import Invalid
from core.periods import Period

SEARCHED: Final = timedelta(days=800)
"""How far ahead an open hour is looked for."""
_NOTHING: Final = timedelta(0)
_DAY: Final = timedelta(days=1)


class NeverOpen(Invalid):
    """Hours without any open one keep no promise."""

    code = "hours_never_open"
    title = "There is no open hour"


@dataclass(frozen=True, slots=True)
class OpenHours:
    """When somebody works: local times [from, until) by day of the week, Monday is 0.

    Raises on making: NeverOpen where no day has an hour, or a time ends before it begins.
    """

    zone: str
    week: Mapping[int, Sequence[tuple[time, time]]]
    closed_on: Collection[date] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        parts = [part for parts in self.week.values() for part in parts]
        if not parts:
            raise NeverOpen("Open at least one hour of the week.", field="week")
        if any(until <= start for start, until in parts):
            raise NeverOpen("Each time ends after it begins, on the same day.", field="week")

    def open_from(self, start: datetime, *, until: datetime) -> Iterator[Period]:
        """The open times within [start, until), in order; UTC."""
        zone = ZoneInfo(self.zone)
        day = start.astimezone(zone).date()
        last = until.astimezone(zone).date()
        while day <= last:
            if day not in self.closed_on:
                for opens, closes in sorted(self.week.get(day.weekday(), ())):
                    begins = max(_instant(day, opens, zone), start)
                    ends = min(_instant(day, closes, zone), until)
                    if begins < ends:
                        yield Period(begins, ends)
            day += _DAY


@dataclass(frozen=True, slots=True)
class PromiseClock:
    """A promise that runs from `started_at`, and its pauses; the last of them may have no end."""

    started_at: datetime
    target: timedelta
    pauses: Sequence[tuple[datetime, datetime | None]] = ()

    @property
    def is_paused(self) -> bool:
        """Whether it stands still now."""
        return bool(self.pauses) and self.pauses[-1][1] is None

    def running(self, *, until: datetime) -> Iterator[Period]:
        """The stretches before `until` in which it runs, open or not."""
        start = self.started_at
        for begins, ends in self.pauses:
            if start < min(begins, until):
                yield Period(start, min(begins, until))
            if ends is None:
                return
            start = max(start, ends)
        if start < until:
            yield Period(start, until)


def used(clock: PromiseClock, hours: OpenHours, *, at: datetime) -> timedelta:
    """The working time that has gone by at an instant."""
    return sum(
        (
            each.end - each.start
            for run in clock.running(until=at)
            for each in hours.open_from(run.start, until=run.end)
        ),
        _NOTHING,
    )


def due_at(clock: PromiseClock, hours: OpenHours) -> datetime | None:
    """The instant at which the promise is broken unless it is kept; UTC.

    None where it stands still before that, or no open hour is found within `SEARCHED`.
    """
    left = clock.target
    for run in clock.running(until=clock.started_at + SEARCHED):
        for each in hours.open_from(run.start, until=run.end):
            length = each.end - each.start
            if length >= left:
                return each.start + left
            left -= length
    return None


def _instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)
