"""The progress of a run over time: a rising line, and where it stood still in words. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import accumulate

from billing.invoicing.queries.run_pace import RunPace
from billing.invoicing.queries.run_progress import RunProgress
from console.shell import formats

WIDTH, HEIGHT = 1000, 120
FEWEST_SLICES = 3
TABLE_ROWS = 12
# A run that settles nothing for longer than this stood still.
STILL = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class PaceRow:
    """A row of the table: how many were settled by then."""

    at: datetime
    settled: int
    parked: int


@dataclass(frozen=True, slots=True)
class PaceChart:
    """The line of what was settled, and below it what was parked; corners on a WIDTH × HEIGHT plot.

    The area is the line and its way back along the bottom.
    """

    line: str
    area: str
    parked: str
    start: datetime
    end: datetime
    rows: Sequence[PaceRow]
    sentence: str


def tell_pace(pace: RunPace, progress: RunProgress) -> PaceChart | None:
    """Draw a run; None where it was over in a moment or has settled nothing."""
    if len(pace.slices) < FEWEST_SLICES or not any(each.settled for each in pace.slices):
        return None
    settled = [0, *accumulate(each.settled for each in pace.slices)]
    parked = [0, *accumulate(each.parked for each in pace.slices)]
    line = _points(settled, progress.total)
    count = len(pace.slices)
    return PaceChart(
        line=line,
        area=f"0,{HEIGHT} {line} {WIDTH},{HEIGHT}",
        parked=f"0,{HEIGHT} {_points(parked, progress.total)} {WIDTH},{HEIGHT}",
        start=pace.start,
        end=pace.start + count * pace.length,
        rows=_rows(pace, settled, parked),
        sentence=_sentence(pace, settled, progress),
    )


def _points(reached: Sequence[int], whole: int) -> str:
    step = Fraction(WIDTH, len(reached) - 1)
    return " ".join(
        f"{_tenth(step * position)},{_tenth(HEIGHT - Fraction(HEIGHT * value, whole or 1))}"
        for position, value in enumerate(reached)
    )


def _rows(pace: RunPace, settled: Sequence[int], parked: Sequence[int]) -> list[PaceRow]:
    count = len(pace.slices)
    every = -(-count // TABLE_ROWS)
    ends = sorted({*range(every, count + 1, every), count})
    return [PaceRow(pace.start + end * pace.length, settled[end], parked[end]) for end in ends]


def _sentence(pace: RunPace, settled: Sequence[int], progress: RunProgress) -> str:
    took = int((len(pace.slices) * pace.length).total_seconds())
    said = f"{settled[-1]:,} of {progress.total:,} periods in {formats.duration_text(took)}."
    still = _longest_still(pace)
    if still is None:
        return f"{said} It never stood still for a minute."
    start, count = still
    seconds = int((count * pace.length).total_seconds())
    at = formats.instant_text(pace.start + start * pace.length)
    return f"{said} It stood still for {formats.duration_text(seconds)} from {at} UTC on."


def _longest_still(pace: RunPace) -> tuple[int, int] | None:
    """The first slice and how many of them in which nothing was settled, if that took long."""
    best, start = (0, 0), 0
    for position, each in enumerate(pace.slices):
        if each.settled:
            start = position + 1
        elif position + 1 - start > best[1]:
            best = (start, position + 1 - start)
    return best if best[1] * pace.length > STILL else None


def _tenth(value: Fraction) -> str:
    whole, rest = divmod(round(value * 10), 10)
    return f"{whole}.{rest}" if rest else str(whole)
