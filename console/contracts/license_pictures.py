"""The burn-down of a pool as geometry: what is left over time, forecast and marks. No HTML.

A picture is decoration over its table: every figure drawn is also written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from billing.invoicing.queries.license_use import PoolUse
from console.shell.charts import PLOT_WIDTH, coordinate

HEIGHT = 200


@dataclass(frozen=True, slots=True)
class BurnPoint:
    """What was left at an instant, and by which balance."""

    at: datetime
    left: Decimal
    balance: str


@dataclass(frozen=True, slots=True)
class BurnDown:
    """Lines as lists of points, the level of nothing and of the marks, and the present instant."""

    points: Sequence[BurnPoint]
    posted: str
    provisional: str
    forecast: str
    band: str
    even: str
    zero: str
    marks: Sequence[tuple[int, str]]
    now: str
    top: Decimal


def burn_down(use: PoolUse) -> BurnDown:
    """What is left of a pool from the beginning of its window to its end."""
    points = _points(use)
    forecast = use.forecast
    ends = [use.licensed - forecast.units, use.licensed - forecast.most] if forecast else []
    low = min([Decimal(0), *(point.left for point in points), *ends])
    scale = _Scale(use, low)
    drawn = [scale.place(point.at, point.left) for point in points]
    posted = [each for each, point in zip(drawn, points, strict=True) if point.balance == "posted"]
    band, line = "", ""
    if forecast and use.at < use.span.end:
        middle, least, most = (
            scale.place(use.span.end, use.licensed - units)
            for units in (forecast.units, forecast.least, forecast.most)
        )
        line = f"{drawn[-1]} {middle}"
        band = f"{drawn[-1]} {least} {most}"
    return BurnDown(
        points=points,
        posted=" ".join(posted),
        provisional=" ".join([posted[-1], drawn[-1]]) if len(drawn) > len(posted) else "",
        forecast=line,
        band=band,
        even=(
            f"{scale.place(use.span.start, use.licensed)} {scale.place(use.span.end, Decimal(0))}"
        ),
        zero=scale.height(Decimal(0)),
        marks=[
            (share, scale.height(use.licensed * (100 - share) / 100))
            for share in use.commitment.thresholds
            if share < 100
        ],
        now=scale.across(use.at),
        top=use.licensed,
    )


def _points(use: PoolUse) -> list[BurnPoint]:
    """What is left when each billed stretch of use ended, and now."""
    found, left = [BurnPoint(use.span.start, use.licensed, "posted")], use.licensed
    for (_, units), (end, _) in pairwise([*use.burn, (use.posted_through, Decimal(0))]):
        left -= units
        found.append(BurnPoint(end, left, "posted"))
    if use.provisional or use.beyond_posted:
        found.append(BurnPoint(use.at, use.remaining + use.lapsed, "provisional"))
    return found


@dataclass(frozen=True, slots=True)
class _Scale:
    use: PoolUse
    low: Decimal

    def across(self, at: datetime) -> str:
        span = self.use.span
        passed = Fraction((at - span.start) / (span.end - span.start))
        return coordinate(min(max(passed, Fraction(0)), Fraction(1)) * PLOT_WIDTH)

    def height(self, left: Decimal) -> str:
        whole = Fraction(self.use.licensed - self.low) or Fraction(1)
        return coordinate(Fraction(self.use.licensed - left) / whole * HEIGHT)

    def place(self, at: datetime, left: Decimal) -> str:
        return f"{self.across(at)},{self.height(left)}"
