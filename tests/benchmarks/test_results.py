"""What a measured row says, and when it counts as missed."""

from __future__ import annotations

import os
from datetime import date

import pytest

from benchmarks.machine import Machine
from benchmarks.measure import Rate, RateComparison, peak_resident_mb, resident_mb, timed
from benchmarks.results import BenchmarkRow, Memory, Target, page

MACHINE = Machine(
    cores=2, memory_gb=8, processor="Loom 3", python="3.11", postgresql="18.1", settings="fsync on",
    measured_on=date(2026, 11, 23),
)  # fmt: skip


def rates(*per_second: float) -> list[Rate]:
    return [Rate(1, 1 / each) for each in per_second]


def row(ours: list[Rate], reference: list[Rate], *, at_most: bool = False) -> BenchmarkRow:
    target = Target(must=0.5, stretch=0.9)
    return BenchmarkRow("7", "ours", "theirs", RateComparison(ours, reference), target, "events/s",
               at_most=at_most)  # fmt: skip


def test_a_ratio_is_the_median_of_pairs_measured_together() -> None:
    comparison = RateComparison(rates(50, 90, 30), rates(100, 100, 50))
    assert comparison.ratio == pytest.approx(0.6)
    assert comparison.spread == pytest.approx((0.9 - 0.5) / 0.9)


def test_an_unpaired_run_is_an_error() -> None:
    with pytest.raises(ValueError, match="shorter"):
        assert RateComparison(rates(1, 2), rates(1)).ratio


@pytest.mark.parametrize(
    ("ours", "at_most", "met"),
    [(50, False, True), (49, False, False), (50, True, True), (51, True, False)],
)
def test_a_row_is_held_to_its_bound(ours: float, at_most: bool, met: bool) -> None:
    assert row(rates(ours), rates(100), at_most=at_most).met is met


def test_the_page_marks_what_was_missed() -> None:
    slow, fast = row(rates(40), rates(100)), row(rates(80), rates(100))
    greedy = Memory("a worker", [("1 request", 100.0), ("2 requests", 151.0)], most_mb=50)
    said = page([slow, fast], [greedy], MACHINE, runs=3, arguments="")
    assert "| 40.0% **missed** |" in said
    assert "| 80.0% |" in said
    assert "| +51 MB **missed** | ≤ 50 MB |" in said
    assert "23 November 2026: 2 cores (Loom 3)" in said


def test_work_is_timed_in_units_a_second() -> None:
    rate = timed(lambda: 500)
    assert rate.units == 500
    assert rate.per_second > 500


def test_memory_is_read_from_the_running_process() -> None:
    assert 5 < resident_mb(os.getpid()) <= peak_resident_mb(os.getpid())
