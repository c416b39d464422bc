"""The timeline of an account's subscriptions as a picture: bars in percent of the time shown. Pure.

Says the same as its list; the picture is for the eye.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from billing.contracts.queries.changes import TimelineBar, TimelineRow
from billing.contracts.queries.seats import SeatRow

_BEFORE: Final = timedelta(days=270)
_AFTER: Final = timedelta(days=90)
_WIDTH: Final = 1_000


@dataclass(frozen=True, slots=True)
class DrawnBar:
    """A bar at `x`, so `width` wide, of a picture that is 1,000 wide."""

    bar: TimelineBar
    x: int
    width: int


@dataclass(frozen=True, slots=True)
class DrawnRow:
    """One subscription; `change_x` is where its waiting change stands, None without one."""

    row: TimelineRow
    bars: Sequence[DrawnBar]
    change_x: int | None


@dataclass(frozen=True, slots=True)
class DrawnTimeline:
    """All rows with the time they show; `now_x` is the present."""

    rows: Sequence[DrawnRow]
    start: datetime
    end: datetime
    now_x: int


def seat_bars(seats: Sequence[SeatRow], *, at: datetime) -> DrawnTimeline:
    """What was bought of seats, then who holds them: a row for each, over the same time."""
    bars: dict[tuple[str, str], list[TimelineBar]] = {}
    for each in seats:
        name = "bought" if each.is_bought else each.label
        bar = TimelineBar(each.label, each.start, each.end, is_pause=not each.is_bought)
        bars.setdefault((each.price_code, name), []).append(bar)
    is_one = len({code for code, _ in bars}) == 1
    rows = [
        TimelineRow("", name if is_one else f"{code} · {name}", own, None)
        for (code, name), own in bars.items()
    ]
    return timeline_of(rows, at=at)


def timeline_of(rows: Sequence[TimelineRow], *, at: datetime) -> DrawnTimeline:
    """Nine months back, three ahead; what lies outside is cut off."""
    first = min((bar.start for row in rows for bar in row.bars), default=at)
    start, end = max(first, at - _BEFORE), at + _AFTER
    whole = (end - start).total_seconds()

    def x(instant: datetime) -> int:
        seconds = (min(max(instant, start), end) - start).total_seconds()
        return round(seconds * _WIDTH / whole)

    def drawn(bar: TimelineBar) -> DrawnBar:
        left = x(bar.start)
        return DrawnBar(bar, left, max(x(bar.end or end) - left, 2))

    return DrawnTimeline(
        [
            DrawnRow(
                row,
                [drawn(bar) for bar in row.bars if bar.start < end and (bar.end or end) > start],
                None if row.waiting is None else min(x(row.waiting.effective_at), _WIDTH - 4),
            )
            for row in rows
        ],
        start,
        end,
        x(at),
    )
