"""The geometry of a bridge between sums: bars that hang on each other, by rows or by columns.

Pure: numbers in, positions out as text, because a template must never localise a coordinate. The
axis of rows may begin above zero; it says where.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TypeAlias

from console.shell.charts import coordinate

Exact: TypeAlias = int | Fraction
Step: TypeAlias = tuple[Exact, bool]
"""A value, and whether it is a sum that stands on zero instead of a step from the one before."""

_LEAST = Fraction(1, 2)
_AIR = 8
_ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class HangingBar:
    """One bar: from x on, so wide; `joint` is where it hangs on the bar above, empty for a sum."""

    x: str
    width: str
    kind: str
    joint: str = ""


@dataclass(frozen=True, slots=True)
class Waterfall:
    """The first sum, the steps, the last sum; the axis goes from `left` to `right`."""

    first: HangingBar
    steps: Sequence[HangingBar]
    last: HangingBar
    left: Fraction
    right: Fraction


def waterfall(before: Exact, deltas: Sequence[Exact]) -> Waterfall:
    """Hang `deltas` on `before`, all in one unit; what they come to is the last sum."""
    reached: list[Fraction] = [Fraction(before)]
    for delta in deltas:
        reached.append(reached[-1] + delta)
    left, right = _axis(reached)
    scale, foot = 100 / (right - left), max(left, _ZERO)

    def sum_bar(value: Fraction) -> HangingBar:
        return _bar((min(value, foot) - left) * scale, abs(value - foot) * scale, "sum")

    steps = []
    for start, end in pairwise(reached):
        kind = "more" if end >= start else "less"
        joint = coordinate((start - left) * scale)
        x, width = (min(start, end) - left) * scale, abs(end - start) * scale
        steps.append(_bar(x, width, kind, joint))
    return Waterfall(sum_bar(reached[0]), steps, sum_bar(reached[-1]), left, right)


def _axis(reached: Sequence[Fraction]) -> tuple[Fraction, Fraction]:
    """From where to where: from zero, or where the steps are small beside the sums, from nearer."""
    low: Fraction = min(reached)
    high: Fraction = max(reached)
    spread = high - low
    if low <= 0 or not spread or low < 2 * spread:
        left, right = min(low, _ZERO), max(high, _ZERO)
        return left, right if right > left else left + 1
    round_to = 10 ** (len(str(int(spread))) - 1)
    return Fraction(int(low - spread / _AIR - 1) // round_to * round_to), high


def _bar(x: Fraction, width: Fraction, kind: str, joint: str = "") -> HangingBar:
    wide = max(width, _LEAST)
    return HangingBar(coordinate(min(x, 100 - wide)), coordinate(wide), kind, joint)


PLOT_HEIGHT = 176
"""Pixels of a waterfall in columns, which keeps its height at every width."""


@dataclass(frozen=True, slots=True)
class ColumnBar:
    """One column in pixels from the top; `joint` is the height the next one hangs on."""

    y: str
    height: str
    kind: str
    joint: str


def waterfall_columns(steps: Sequence[Step]) -> Sequence[ColumnBar]:
    """Columns of steps that hang on each other; a step that is a sum stands on zero instead."""
    reached, low, high = _reached(steps)
    scale = PLOT_HEIGHT / (high - low)
    return [
        ColumnBar(
            y=coordinate((high - max(start, end)) * scale),
            height=coordinate(max(abs(end - start) * scale, Fraction(1))),
            kind=_kind(start, end, is_sum),
            joint=coordinate((high - end) * scale),
        )
        for (start, end), (_, is_sum) in zip(reached, steps, strict=True)
    ]


def waterfall_rows(steps: Sequence[Step]) -> Sequence[HangingBar]:
    """The same steps as rows, for where columns do not fit; always from zero."""
    reached, low, high = _reached(steps)
    scale = 100 / (high - low)
    return [
        _bar(
            (min(start, end) - low) * scale,
            abs(end - start) * scale,
            _kind(start, end, is_sum),
        )
        for (start, end), (_, is_sum) in zip(reached, steps, strict=True)
    ]


def _reached(steps: Sequence[Step]) -> tuple[list[tuple[Fraction, Fraction]], Fraction, Fraction]:
    """From where to where each step goes, and the ends of the axis, which has zero on it."""
    found: list[tuple[Fraction, Fraction]] = []
    at = _ZERO
    for value, is_sum in steps:
        start, at = (_ZERO, Fraction(value)) if is_sum else (at, at + value)
        found.append((start, at))
    ends = [_ZERO, *(end for _, end in found)]
    low, high = min(ends), max(ends)
    return found, low, high if high > low else low + 1


def _kind(start: Fraction, end: Fraction, is_sum: bool) -> str:
    return "sum" if is_sum else "more" if end >= start else "less"
