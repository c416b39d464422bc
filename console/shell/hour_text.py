"""Events an hour by source: bars with gaps, and the gaps said in words. Pure: no clock, no Django.

A source is silent when no event of it tells of a whole hour although that never happened before in
the hours shown, or not for so long. Hours before its first event are no silence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise

from usage.queries.source_hours import ReportedHours, SourceHours

HEIGHT = 28
SHOWN = 8
QUIET_NAMED = 5
GAPS_SAID = 3
_HOUR = timedelta(hours=1)
# Below this share of its hours a source reports now and then, and an empty hour means nothing.
_STEADY = Fraction(3, 4)
# With fewer hours than these nobody knows how often a source reports.
_KNOWN_FROM = 3


@dataclass(frozen=True, slots=True)
class HourCell:
    """An hour's bar or gap, across in per cent and down in pixels."""

    x: str
    width: str
    y: str
    height: str
    kind: str


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One source: its bars, how many events, and what to notice; `is_silent` asks for a person."""

    name: str
    total: int
    cells: Sequence[HourCell]
    said: str
    is_silent: bool
    empty_hours: int


@dataclass(frozen=True, slots=True)
class HourChart:
    """The sources, those that are silent first; `more_count` of them are not shown. `quiet` are
    some of those that told of none of these hours, `quiet_count` how many more there are.
    """

    rows: Sequence[SourceRow]
    more_count: int
    first: datetime
    hours: int
    quiet: Sequence[str]
    quiet_count: int

    @property
    def silent_count(self) -> int:
        """How many of the sources shown are silent."""
        return sum(1 for row in self.rows if row.is_silent)


def tell_hours(reported: ReportedHours) -> HourChart:
    """Word and draw the last hours."""
    rows = [_row(each, reported) for each in reported.sources if each.total]
    rows.sort(key=lambda row: (not row.is_silent, -row.total, row.name))
    quiet = [each.name for each in reported.sources if not each.total]
    return HourChart(
        rows=rows[:SHOWN],
        more_count=max(len(rows) - SHOWN, 0),
        first=reported.first,
        hours=reported.hours,
        quiet=quiet[:QUIET_NAMED],
        quiet_count=max(len(quiet) - QUIET_NAMED, 0),
    )


def _row(source: SourceHours, reported: ReportedHours) -> SourceRow:
    counts = source.counts
    told = [position for position, count in enumerate(counts) if count]
    gaps, since = _inner_gaps(told), _silent_since(counts, told)
    stretches = [*gaps, (since, len(counts))] if since is not None else gaps
    hidden = {position for start, end in stretches for position in range(start, end)}
    return SourceRow(
        name=source.name,
        total=source.total,
        cells=list(_cells(counts, hidden)),
        said=" ".join(_sentences(counts, told, gaps, since, reported.first)),
        is_silent=since is not None,
        empty_hours=sum(1 for count in counts[told[0] : -1] if not count),
    )


def _runs(told: Sequence[int]) -> list[tuple[int, int]]:
    """The stretches without an event between its first and its last hour with one."""
    return [(before + 1, after) for before, after in pairwise(told) if after > before + 1]


def _inner_gaps(told: Sequence[int]) -> list[tuple[int, int]]:
    """Those stretches, of a source that otherwise tells of most hours."""
    between = told[-1] - told[0] + 1
    return _runs(told) if Fraction(len(told), between) >= _STEADY else []


def _silent_since(counts: Sequence[int], told: Sequence[int]) -> int | None:
    """The hour since which it is silent, for longer than ever before; the last is not over."""
    since = told[-1] + 1
    over = len(counts) - 1 - since
    longest = max((end - start for start, end in _runs(told)), default=0)
    return since if len(told) >= _KNOWN_FROM and over > longest else None


def _cells(counts: Sequence[int], hidden: set[int]) -> Iterator[HourCell]:
    slot, peak = Fraction(100, len(counts)), max(counts)
    for position, count in enumerate(counts):
        x, width = _text(slot * position + slot / 8), _text(slot * 3 / 4)
        if position in hidden:
            yield HourCell(_text(slot * position), _text(slot), "0", str(HEIGHT), "gap")
        elif count:
            height = max(Fraction(HEIGHT * count, peak), Fraction(2))
            kind = "bar" if position < len(counts) - 1 else "now"
            yield HourCell(x, width, _text(HEIGHT - height), _text(height), kind)


def _sentences(
    counts: Sequence[int],
    told: Sequence[int],
    gaps: Sequence[tuple[int, int]],
    since: int | None,
    first: datetime,
) -> Iterator[str]:
    if since is not None:
        runs = _runs(told)
        longest = max((end - start for start, end in runs), default=0)
        before = (
            f"before that never for more than {_hours(longest)}"
            if longest
            else "before that it told of every hour"
        )
        yield f"Silent since {_clock(first, since)}; {before}."
    for start, end in gaps[:GAPS_SAID]:
        yield f"Nothing from {_clock(first, start)} to {_clock(first, end)}."
    if len(gaps) > GAPS_SAID:
        yield f"And {len(gaps) - GAPS_SAID} more gaps."
    if since is None and told[-1] < len(counts) - 1:
        yield f"The latest are of {_clock(first, told[-1])} to {_clock(first, told[-1] + 1)}."


def _hours(count: int) -> str:
    return "an hour" if count == 1 else f"{count} hours"


def _clock(first: datetime, position: int) -> str:
    return f"{first + position * _HOUR:%H:%M}"


def _text(value: Fraction) -> str:
    whole, rest = divmod(round(value * 100), 100)
    return f"{whole}.{rest:02}".rstrip("0").rstrip(".") if rest else str(whole)
