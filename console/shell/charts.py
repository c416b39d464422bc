"""The geometry of charts: values in, positions in SVG units out. No HTML, no colours, no Django.

A chart is decoration over its table: every figure drawn is also written, so positions may be
rounded to a tenth of a unit. They are formatted here, as text, because a template must never
localise a coordinate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from core.periods import Period

PLOT_WIDTH = 1000
PLOT_HEIGHT = 120
SERIES_COUNT = 6


@dataclass(frozen=True, slots=True)
class BarInput:
    """One day: its value, how that value reads, and where it opens; `is_chosen` if it is open."""

    day: date
    value: Decimal
    text: str
    url: str = ""
    is_partial: bool = False
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar placed on the plot; `slot_x` and `slot_width` are the clickable column around it."""

    source: BarInput
    x: str
    y: str
    width: str
    height: str
    slot_x: str
    slot_width: str


@dataclass(frozen=True, slots=True)
class Bars:
    """Daily bars from a zero line; the table beside it holds the same figures."""

    title: str
    bars: Sequence[Bar]
    first: date | None
    middle: date | None
    last: date | None
    peak: BarInput | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is no day to draw at all."""
        return not self.bars


def daily_bars(title: str, days: Sequence[BarInput]) -> Bars:
    """Place one bar a day; negative days (credits) hang below the zero line."""
    if not days:
        return Bars(title, (), None, None, None)
    top = max(max(day.value for day in days), Decimal(0))
    bottom = min(min(day.value for day in days), Decimal(0))
    scale = Fraction(PLOT_HEIGHT) / Fraction(top - bottom) if top > bottom else Fraction(0)
    slot = Fraction(PLOT_WIDTH, len(days))
    gap = min(Fraction(6), slot / 5)
    zero = Fraction(top) * scale if scale else Fraction(PLOT_HEIGHT)
    bars = []
    for index, day in enumerate(days):
        size = abs(Fraction(day.value)) * scale
        if day.value:
            size = max(size, Fraction(2))
        bars.append(
            Bar(
                source=day,
                x=coordinate(slot * index + gap / 2),
                y=coordinate(max(zero - size, Fraction(0)) if day.value >= 0 else zero),
                width=coordinate(slot - gap),
                height=coordinate(size),
                slot_x=coordinate(slot * index),
                slot_width=coordinate(slot),
            )
        )
    middle = days[len(days) // 2].day if len(days) > 2 else None
    peak = max(days, key=lambda day: day.value) if top > 0 else None
    return Bars(title, bars, days[0].day, middle, days[-1].day, peak)


@dataclass(frozen=True, slots=True)
class ChartShare:
    """One part of a whole, placed on a bar of PLOT_WIDTH; `series` picks its colour."""

    label: str
    value: Decimal
    text: str
    percent: str
    series: int
    x: str
    width: str
    url: str = ""


def shares(parts: Sequence[tuple[str, Decimal, str, str]]) -> list[ChartShare]:
    """Place (label, value, text, url) parts side by side, largest first.

    Parts of zero or less are listed with no width: a credit is not a share of a sum.
    """
    ordered = sorted(parts, key=lambda part: (-part[1], part[0]))
    whole = sum((Fraction(value) for _, value, _, _ in ordered if value > 0), Fraction(0))
    placed, offset = [], Fraction(0)
    for index, (label, value, text, url) in enumerate(ordered):
        portion = Fraction(value) / whole if whole and value > 0 else Fraction(0)
        width = portion * PLOT_WIDTH
        series = min(index + 1, SERIES_COUNT)
        percent = _percent(portion)
        placed.append(
            ChartShare(
                label, value, text, percent, series, coordinate(offset), coordinate(width), url
            )
        )
        offset += width
    return placed


@dataclass(frozen=True, slots=True)
class Spark:
    """A line of a dozen values without axes."""

    points: str
    label: str


def sparkline(label: str, values: Sequence[Decimal]) -> Spark:
    """Place values left to right on a 100 × 20 field, the smallest at the bottom."""
    if not values:
        return Spark("", label)
    low, high = min(values), max(values)
    span = Fraction(high - low) or Fraction(1)
    step = Fraction(100, max(len(values) - 1, 1))
    points = (
        f"{coordinate(step * index)},{coordinate(19 - 18 * Fraction(value - low) / span)}"
        for index, value in enumerate(values)
    )
    return Spark(" ".join(points), label)


@dataclass(frozen=True, slots=True)
class GanttSpan:
    """A stretch of time on the track; `text` says what was on and for how long."""

    x: str
    y: str
    width: str
    height: str
    text: str


@dataclass(frozen=True, slots=True)
class GanttRow:
    """One state (a process type, an add-on plan) over the period."""

    label: str
    spans: Sequence[GanttSpan]


def gantt_row(
    label: str, window: Period, spans: Sequence[tuple[Period, Decimal, str]], peak: Decimal
) -> GanttRow:
    """Place (period, level, text) spans on the window; height tells the level against the peak."""
    length = Fraction(window.microseconds)
    placed = []
    for period, level, text in spans:
        inside = period.intersect(window)
        if inside is None:
            continue
        offset = (
            Fraction(Period(window.start, inside.start).microseconds)
            if (inside.start > window.start)
            else Fraction(0)
        )
        height = 20 * Fraction(level) / Fraction(peak) if peak else Fraction(20)
        height = min(max(height, Fraction(3)), Fraction(20))
        placed.append(
            GanttSpan(
                x=coordinate(offset / length * PLOT_WIDTH),
                y=coordinate(22 - height),
                width=coordinate(max(inside.microseconds / length * PLOT_WIDTH, Fraction(2))),
                height=coordinate(height),
                text=text,
            )
        )
    return GanttRow(label, placed)


def progress(done: int, whole: int) -> str:
    """How far along a bar of PLOT_WIDTH `done` of `whole` reaches."""
    return coordinate(Fraction(PLOT_WIDTH * done, whole)) if whole else "0"


def coordinate(value: Fraction) -> str:
    """A position to a tenth of a unit, as text."""
    tenths = round(value * 10)
    sign, (whole, rest) = "-" if tenths < 0 else "", divmod(abs(tenths), 10)
    return f"{sign}{whole}.{rest}" if rest else f"{sign}{whole}"


def _percent(portion: Fraction) -> str:
    tenths = round(portion * 1000)
    if portion and not tenths:
        return "< 0.1 %"
    return f"{tenths // 10}.{tenths % 10} %"
