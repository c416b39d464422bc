"""Row 12: a bill run that two real workers share, against one process that does it alone.

The broker, the worker's processes and the wake-ups are those of a deployment. Planning the run is
part of both figures, and is not shared.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from benchmarks.bench import Bench, Scene
from benchmarks.databases import settle
from benchmarks.load import preload_days
from benchmarks.measure import Rate, RateComparison, timed
from benchmarks.results import BenchmarkRow, Target
from benchmarks.rows.bill_run import AS_OF, RunIncomplete, bill
from benchmarks.threads import in_fresh_thread
from benchmarks.world import BENCH, add_customers
from billing.invoicing import tasks
from billing.invoicing.models import BillRunItem
from billing.invoicing.operations import bill_runs, ended_periods
from config.celery import app

WORKER_PROCESSES = 2
_PROJECT = Path(__file__).resolve().parent.parent.parent
_DAYS = 2
_STARTS_WITHIN_SECONDS = 60.0
_RUNS_WITHIN_SECONDS = 600.0
_LOOKS_EVERY_SECONDS = 0.02


class WorkerFailed(Exception):
    """The worker did not start, or ended before the run did."""


def measure(bench: Bench) -> Iterator[BenchmarkRow]:
    alone, shared = [], []
    for _ in range(bench.scale.runs):
        with bench.fresh() as scene:
            accounts = in_fresh_thread(_prepared, scene, bench.scale.shared_accounts)
            alone.append(in_fresh_thread(_alone, accounts))
        with bench.fresh() as scene:
            accounts = in_fresh_thread(_prepared, scene, bench.scale.shared_accounts)
            with _worker(scene) as worker:
                shared.append(in_fresh_thread(_shared, accounts, worker))
    doubled = [Rate(each.units * WORKER_PROCESSES, each.seconds) for each in alone]
    yield BenchmarkRow(
        "12",
        f"bill run through Celery, {WORKER_PROCESSES} processes",
        f"{WORKER_PROCESSES} × the rate of one process alone",
        RateComparison(shared, doubled),
        Target(must=0.75, stretch=0.90),
        unit="invoices/s",
    )


def _prepared(scene: Scene, count: int) -> Sequence[int]:
    ids = list(scene.world.account_ids[:count])
    if len(ids) < count:
        ids += add_customers(count - len(ids))[0]
    preload_days(ids, day_count=_DAYS)
    ended_periods.add_up(at=AS_OF)
    return ids


def _alone(account_ids: Sequence[int]) -> Rate:
    settle()
    return timed(lambda: bill(account_ids))


def _shared(account_ids: Sequence[int], worker: subprocess.Popen[bytes]) -> Rate:
    settle()
    return timed(lambda: _bill_through(worker, account_ids))


def _bill_through(worker: subprocess.Popen[bytes], account_ids: Sequence[int]) -> int:
    """Plan a run, ring, wait until its items are billed. Raises: RunIncomplete, WorkerFailed."""
    run = bill_runs.start(
        as_of=AS_OF, at=AS_OF, by=BENCH, reason="Benchmark", grace=timedelta(0),
        account_ids=account_ids,
    )  # fmt: skip
    tasks.ring_bill_runs()
    waits_until = time.monotonic() + _RUNS_WITHIN_SECONDS
    while BillRunItem.objects.filter(run=run, state="pending").exists():
        if worker.poll() is not None:
            raise WorkerFailed(f"the worker ended with {worker.returncode}")
        if time.monotonic() > waits_until:
            raise RunIncomplete("the workers did not end the run in time")
        time.sleep(_LOOKS_EVERY_SECONDS)
    billed = run.items.filter(state="billed").count()
    if billed != len(account_ids):
        raise RunIncomplete(f"{billed} of {len(account_ids)} accounts were billed")
    return billed


@contextmanager
def _worker(scene: Scene) -> Iterator[subprocess.Popen[bytes]]:
    """A worker of two processes on the scene's database, until the block ends."""
    app.control.purge()
    command = [sys.executable, "-m", "celery", "--app", "config", "--quiet", "worker",
               "--concurrency", str(WORKER_PROCESSES), "--loglevel", "ERROR",
               "--without-mingle", "--without-gossip"]  # fmt: skip
    environment = os.environ | {"DATABASE_URL": scene.database_url, "LOG_LEVEL": "ERROR"}
    worker = subprocess.Popen(command, cwd=_PROJECT, env=environment)
    try:
        gives_up_at = time.monotonic() + _STARTS_WITHIN_SECONDS
        while not app.control.ping(timeout=0.5):
            if worker.poll() is not None or time.monotonic() > gives_up_at:
                raise WorkerFailed("the worker did not start")
        yield worker
    finally:
        worker.terminate()
        worker.wait()
