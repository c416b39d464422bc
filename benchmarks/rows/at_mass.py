"""Rows 5, 7 and 8: what a month of events in the tables does to ingest and to reading totals."""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence

from django.db import connection

from benchmarks import world
from benchmarks.bench import Bench
from benchmarks.databases import settle
from benchmarks.load import drafts, ingest_all, preload
from benchmarks.measure import Rate, RateComparison, TimedWork, timed
from benchmarks.results import BenchmarkRow, Target
from benchmarks.threads import in_fresh_thread
from usage.derivation.period_totals import DayPeriod, keep
from usage.queries.quantities import UsageWindow, metered_quantities

_ASKED_TIMES = 60

_RAW_TOTALS = """
    SELECT owner.account_id, event.type_id, event.data ->> 'size', sum(event.quantity), count(*)
    FROM usage_event AS event
    JOIN accounts_resourceownership AS owner ON owner.resource_id = event.resource_id
         AND owner.owned_from <= event.occurred_at
         AND (owner.owned_until IS NULL OR owner.owned_until > event.occurred_at)
    WHERE event.occurred_at >= %s AND event.occurred_at < %s AND owner.account_id = ANY(%s)
    GROUP BY 1, 2, 3
"""


def measure(bench: Bench) -> Iterator[BenchmarkRow]:
    empty, full = [], []
    with bench.fresh() as scene:
        busy = scene.world.account_ids[: bench.scale.busy_accounts]
        in_fresh_thread(preload, busy, bench.scale.kept_events)
        for run in range(bench.scale.runs):
            full.append(in_fresh_thread(_ingest, bench, seed=100 + run))
            empty.append(_ingest_on_empty(bench, seed=run))
        yield _growth(bench, full, empty)
        yield in_fresh_thread(_totals, bench, busy)
        yield in_fresh_thread(_one_account, bench, busy)


def _growth(bench: Bench, full: Sequence[Rate], empty: Sequence[Rate]) -> BenchmarkRow:
    return BenchmarkRow(
        "5",
        f"ingest at {_spoken(bench.scale.kept_events)} rows",
        "ingest on an empty table",
        RateComparison(full, empty),
        Target(must=0.80, stretch=0.93),
        unit="events/s",
    )


def _ingest_on_empty(bench: Bench, *, seed: int) -> Rate:
    with bench.fresh():
        return in_fresh_thread(_ingest, bench, seed=seed)


def _ingest(bench: Bench, *, seed: int) -> Rate:
    subjects = bench.world.platform_ids[: bench.scale.busy_accounts]
    items = drafts(subjects, bench.scale.sent_events, seed=seed)
    ingest_all(drafts(subjects, 2_000, seed=10_000 + seed))
    settle()
    return timed(lambda: ingest_all(items))


def _totals(bench: Bench, account_ids: Sequence[int]) -> BenchmarkRow:
    windows = _windows(account_ids)

    def rolled_up() -> int:
        metered_quantities(windows)
        return 1

    def raw() -> int:
        _ask_raw(account_ids)
        return 1

    rolled_up()
    raw()
    by_day = RateComparison(*_in_turn(rolled_up, raw, bench.scale.runs))
    adding = timed(lambda: keep([DayPeriod(*window[:3]) for window in windows]))
    rolled_up()
    runs = _in_turn(rolled_up, raw, bench.scale.runs)
    return BenchmarkRow(
        "7",
        f"month totals of {len(account_ids):,} accounts from roll-ups",
        "GROUP BY on raw",
        RateComparison(*runs),
        Target(must=8, stretch=30),
        unit="a second",
        is_share=False,
        note=f"{_spoken(bench.scale.kept_events)} events, six and a half a roll-up row. The month "
        "has ended and is kept added up (docs/adr/0010), which is done once, in the "
        f"{adding.seconds * by_day.reference_rate:.1f}-fold time of the raw query; before that, "
        f"read day by day, the ratio is {by_day.ratio:.1f}. Ours goes through the function the "
        "bill uses, objects included; PostgreSQL may use its parallel workers for the raw query.",
    )


def _in_turn(
    ours: TimedWork, theirs: TimedWork, runs: int
) -> tuple[Sequence[Rate], Sequence[Rate]]:
    pairs = [(timed(ours), timed(theirs)) for _ in range(runs)]
    return [mine for mine, _ in pairs], [other for _, other in pairs]


def _one_account(bench: Bench, account_ids: Sequence[int]) -> BenchmarkRow:
    """Rates are asked the other way round: ours over theirs is theirs' time over ours."""

    def ours(account_id: int) -> None:
        metered_quantities(_windows([account_id]))

    def raw(account_id: int) -> None:
        _ask_raw([account_id])

    runs = [
        (_median_seconds(raw, account_ids), _median_seconds(ours, account_ids))
        for _ in range(bench.scale.runs)
    ]
    return BenchmarkRow(
        "8",
        f"current usage of one account at {_spoken(bench.scale.kept_events)} events, p50 time",
        "an indexed raw query",
        RateComparison(
            [Rate(1, 1 / mine) for _, mine in runs], [Rate(1, 1 / theirs) for theirs, _ in runs]
        ),
        Target(must=0.5, stretch=0.2),
        unit="s",
        is_share=False,
        at_most=True,
    )


def _median_seconds(ask: Callable[[int], None], account_ids: Sequence[int]) -> float:
    seconds = []
    for number in range(_ASKED_TIMES):
        started = time.perf_counter()
        ask(account_ids[number * 7 % len(account_ids)])
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def _windows(account_ids: Sequence[int]) -> list[UsageWindow]:
    until = world.MONTH_UNTIL.date()
    return [UsageWindow(account_id, world.MONTH_ON, until) for account_id in account_ids]


def _ask_raw(account_ids: Sequence[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_RAW_TOTALS, [world.MONTH_FROM, world.MONTH_UNTIL, list(account_ids)])
        cursor.fetchall()


def _spoken(count: int) -> str:
    return f"{count / 1_000_000:g} M" if count >= 1_000_000 else f"{count // 1_000} k"
