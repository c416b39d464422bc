"""What a row came to, and the page that says so."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.machine import Machine
from benchmarks.measure import RateComparison

_HEAD = """# Benchmarks

Written by `make bench{arguments}`; do not edit. Each figure is a ratio of two things measured in turn on
the same machine in the same run: the median of {runs} runs, with the spread between them (largest
minus smallest, as a share of the largest). Absolute rates are there to make sense of the ratio, and
hold for this machine only.

{machine}
"""  # noqa: E501  a table's caption is one line


@dataclass(frozen=True, slots=True)
class Target:
    """The bounds of docs/… a row is held to: `must` fails the run, `stretch` is the aim."""

    must: float
    stretch: float


@dataclass(frozen=True, slots=True)
class BenchmarkRow:
    """One line of the table. Shares are printed as percentages, others as factors."""

    number: str
    measure: str
    against: str
    comparison: RateComparison
    target: Target
    unit: str
    is_share: bool = True
    at_most: bool = False
    note: str = ""

    @property
    def met(self) -> bool:
        ratio = self.comparison.ratio
        return ratio <= self.target.must if self.at_most else ratio >= self.target.must


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident memory over a growing load; `growth_mb` must stay under `most_mb`."""

    what: str
    readings: Sequence[tuple[str, float]]
    most_mb: float

    @property
    def growth_mb(self) -> float:
        return self.readings[-1][1] - self.readings[0][1]

    @property
    def met(self) -> bool:
        return self.growth_mb <= self.most_mb


def page(
    rows: Sequence[BenchmarkRow],
    memory: Sequence[Memory],
    machine: Machine,
    *,
    runs: int,
    arguments: str,
) -> str:
    """The whole of docs/benchmarks.md."""
    parts = [
        _HEAD.format(runs=runs, machine=machine.described(), arguments=arguments),
        "| # | measure | against | ratio | spread | must | stretch | ours | reference |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        *(_line(row) for row in rows),
    ]
    if notes := [f"- Row {row.number}: {row.note}" for row in rows if row.note]:
        parts += ["", *notes]
    if memory:
        parts += ["", *_memory_table(memory)]
    return "\n".join(parts) + "\n"


def _line(row: BenchmarkRow) -> str:
    found = row.comparison
    sign = "≤" if row.at_most else "≥"
    mark = "" if row.met else " **missed**"
    return (
        f"| {row.number} | {row.measure} | {row.against} | {_ratio(row, found.ratio)}{mark} "
        f"| {found.spread:.0%} | {sign} {_ratio(row, row.target.must)} "
        f"| {sign} {_ratio(row, row.target.stretch)} "
        f"| {_rate(found.our_rate)} {row.unit} | {_rate(found.reference_rate)} {row.unit} |"
    )


def _ratio(row: BenchmarkRow, value: float) -> str:
    return f"{value:.1%}" if row.is_share else f"{value:.2f}×"


def _rate(per_second: float) -> str:
    return f"{per_second:,.0f}" if per_second >= 100 else f"{per_second:,.2f}"


def _memory_table(memory: Sequence[Memory]) -> list[str]:
    lines = [
        "## Memory",
        "",
        "Resident memory of one process while the load grows; it must not follow the load.",
        "",
        "| what | readings | growth | must |",
        "| --- | --- | --- | --- |",
    ]
    for each in memory:
        readings = " · ".join(f"{label}: {mb:,.0f} MB" for label, mb in each.readings)
        growth = f"{each.growth_mb:+,.0f} MB" + ("" if each.met else " **missed**")
        lines.append(f"| {each.what} | {readings} | {growth} | ≤ {each.most_mb:.0f} MB |")
    return lines
