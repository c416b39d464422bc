"""The last 24 hours as lanes: releases, pauses, runs; and the same as a table. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from billing.overview.queries.on_call import DAY, OnCall
from console.shell.charts import GanttRow, gantt_row
from core.periods import Period

_POINT: Final = timedelta(minutes=4)
"""How wide something is drawn that takes no time."""
_LEVEL: Final = Decimal(1)


@dataclass(frozen=True, slots=True)
class DayRow:
    """One thing of the day; `until` None: it goes on, or takes no time."""

    lane: str
    since: datetime
    until: datetime | None
    said: str


@dataclass(frozen=True, slots=True)
class LastDay:
    """The lanes and their rows, newest first."""

    window: Period
    lanes: Sequence[GanttRow]
    rows: Sequence[DayRow]


def tell_day(seen: OnCall, *, at: datetime) -> LastDay:
    """The day that ends at an instant."""
    rows = [
        *(DayRow("Releases", each.at, None, f"{each.version} serves") for each in seen.releases),
        *(
            DayRow(
                "Pauses",
                each.paused_at,
                each.ended_at or min(each.until, at),
                f"{each.queue}, {each.paused_by}: {each.reason}",
            )
            for each in seen.pauses
        ),
        *(DayRow("Runs", each.started_at, each.finished_at, each.reason) for each in seen.runs),
    ]
    window = Period(at - DAY, at)
    lanes = [
        gantt_row(lane, window, [_span(row, at) for row in rows if row.lane == lane], _LEVEL)
        for lane in ("Releases", "Pauses", "Runs")
    ]
    return LastDay(window, lanes, sorted(rows, key=lambda row: row.since, reverse=True))


def _span(row: DayRow, at: datetime) -> tuple[Period, Decimal, str]:
    until = row.until or (at if row.lane == "Runs" else row.since + _POINT)
    # A moment is drawn as wide as can be seen.
    return Period(row.since, max(until, row.since + _POINT)), _LEVEL, row.said
