"""Runs the rows in turn, says how it goes, and writes the page."""

import time
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.databases import migrated_template
from benchmarks.machine import this_machine
from benchmarks.results import BenchmarkRow, Memory, page
from benchmarks.rows import (
    at_mass,
    big_account,
    bill_run,
    bill_run_workers,
    http_ingest,
    library_ingest,
    papers,
    rating,
    spending,
)
from benchmarks.scale import SCALES
from benchmarks.threads import in_fresh_thread
from benchmarks.world import build_world
from core.clock import now

Measured = BenchmarkRow | Memory
Measure = Callable[[Bench], Iterator[Measured]]

# Which rows each module measures.
MODULES: Mapping[str, Measure] = {
    "1,6": library_ingest.measure,
    "2,3,4,14": http_ingest.measure,
    "5,7,8": at_mass.measure,
    "9": rating.measure,
    "10,11": bill_run.measure,
    "12": bill_run_workers.measure,
    "17": papers.measure,
    "18": big_account.measure,
    "20": spending.measure,
}


def run(options: Namespace, where: Path) -> int:
    """Measure; returns the exit status: 1 when a row misses what it must reach."""
    scale = SCALES[options.scale]
    wanted = {number for number in options.only.split(",") if number}
    found: list[Measured] = []
    with migrated_template():
        world = in_fresh_thread(build_world, scale.billed_accounts)
        bench = Bench(scale, world, options.peers)
        machine = this_machine(now().date())
        for numbers, measure in MODULES.items():
            if wanted and not wanted & set(numbers.split(",")):
                continue
            started = time.monotonic()
            for measured in measure(bench):
                found.append(measured)
                print(_said(measured), flush=True)
            print(f"  ({time.monotonic() - started:.0f} s)", flush=True)
    rows = sorted(
        (each for each in found if isinstance(each, BenchmarkRow)), key=lambda row: int(row.number)
    )
    memory = [each for each in found if isinstance(each, Memory)]
    if not wanted:
        arguments = "" if scale.name == "small" else f" SCALE={scale.name}"
        where.write_text(page(rows, memory, machine, runs=scale.runs, arguments=arguments))
        print(f"Written to {where.name}.")
    return 0 if all(each.met for each in found) else 1


def _said(measured: Measured) -> str:
    if isinstance(measured, Memory):
        return f"memory, {measured.what}: {measured.growth_mb:+.0f} MB"
    found = measured.comparison
    return (
        f"row {measured.number}: {found.ratio:.3f} (spread {found.spread:.0%}), "
        f"{found.our_rate:,.3g} against {found.reference_rate:,.3g} {measured.unit}"
    )
