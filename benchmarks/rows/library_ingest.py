"""Rows 1 and 6: the library's ingest against COPY, and a replay against the first sending.

Ingest is given read events and does everything else: identity for ever, conflicts, placing by
owner and zone, day roll-up, receipt; a transaction a thousand events, one writer.
"""

from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.copying import copy_narrow
from benchmarks.databases import settle
from benchmarks.load import drafts, ingest_all
from benchmarks.measure import Rate, RateComparison, timed
from benchmarks.results import BenchmarkRow, Target
from benchmarks.threads import in_fresh_thread


def measure(bench: Bench) -> Iterator[BenchmarkRow]:
    copied, first, again = [], [], []
    for run in range(bench.scale.runs):
        with bench.fresh():
            copied.append(copy_narrow(bench.scale.copied_rows))
            sent, replayed = in_fresh_thread(_send_twice, bench, seed=run)
            first.append(sent)
            again.append(replayed)
    yield BenchmarkRow(
        "1",
        "library ingest, exactly once + roll-up, batch 1,000, 1 writer",
        "COPY into the same narrow table with its key",
        RateComparison(first, copied),
        Target(must=0.12, stretch=0.19),
        unit="events/s",
    )
    yield BenchmarkRow(
        "6",
        "replay, all duplicates",
        "first send",
        RateComparison(again, first),
        Target(must=1.5, stretch=2.5),
        unit="events/s",
        is_share=False,
    )


def _send_twice(bench: Bench, *, seed: int) -> tuple[Rate, Rate]:
    items = drafts(bench.world.platform_ids, bench.scale.sent_events, seed=seed)
    ingest_all(drafts(bench.world.platform_ids, 2_000, seed=10_000 + seed))
    settle()
    first = timed(lambda: ingest_all(items))
    return first, timed(lambda: ingest_all(items))
