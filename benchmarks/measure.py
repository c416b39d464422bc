"""Timing two things side by side, and how much memory a process holds.

A figure of one machine says little; the ratio of two figures taken in the same minutes says what
changes when the code does.
"""

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

# A measured piece of work: does it and says how many units it did.
TimedWork = Callable[[], int]


@dataclass(frozen=True, slots=True)
class Rate:
    """Units a second of one run."""

    units: int
    seconds: float

    @property
    def per_second(self) -> float:
        return self.units / self.seconds


@dataclass(frozen=True, slots=True)
class RateComparison:
    """Runs of ours and of the reference, taken in turn; pairs share their minute."""

    ours: Sequence[Rate]
    reference: Sequence[Rate]

    @property
    def ratios(self) -> list[float]:
        return [
            mine.per_second / theirs.per_second
            for mine, theirs in zip(self.ours, self.reference, strict=True)
        ]

    @property
    def ratio(self) -> float:
        """The median of the paired ratios."""
        return statistics.median(self.ratios)

    @property
    def spread(self) -> float:
        """How far the paired ratios lie apart, as a share of the largest."""
        return (max(self.ratios) - min(self.ratios)) / max(self.ratios)

    @property
    def our_rate(self) -> float:
        return statistics.median(rate.per_second for rate in self.ours)

    @property
    def reference_rate(self) -> float:
        return statistics.median(rate.per_second for rate in self.reference)


def timed(work: TimedWork) -> Rate:
    """One run, without the garbage of earlier ones."""
    gc.collect()
    started = time.perf_counter()
    units = work()
    return Rate(units, time.perf_counter() - started)


def compare(
    ours: Callable[[], Rate], reference: Callable[[], Rate], *, runs: int
) -> RateComparison:
    """Measures the reference and ours in turn, `runs` times."""
    theirs, mine = [], []
    for _ in range(runs):
        theirs.append(reference())
        mine.append(ours())
    return RateComparison(mine, theirs)


def resident_mb(pid: int) -> float:
    """Resident memory of a process in MiB, from /proc; its shared pages included."""
    return _status_kb(pid, "VmRSS") / 1024


def peak_resident_mb(pid: int) -> float:
    """The most resident memory the process ever held, in MiB."""
    return _status_kb(pid, "VmHWM") / 1024


def _status_kb(pid: int, field: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1])
    raise LookupError(f"/proc/{pid}/status has no {field}")
