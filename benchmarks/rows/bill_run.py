"""Row 10: the whole bill run, from roll-ups to issued invoices, against COPY of the same rows.

In one process, as one worker does it: totals, rating with explanations, invoices, lines, history,
ledger, numbers, outbox. The yardstick copies as many invoices and lines into plain tables.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from django.db import connection

from benchmarks import world
from benchmarks.bench import Bench
from benchmarks.databases import settle
from benchmarks.load import preload_days
from benchmarks.measure import Comparison, Rate, timed
from benchmarks.results import Memory, Row, Target
from benchmarks.threads import in_fresh_thread
from benchmarks.world import add_customers
from billing.models import InvoiceLine
from billing.operations import billruns
from core.db.transactions import transaction

LINES_AN_INVOICE = 10
_MEMORY_SIZES = (1_000, 10_000)
_AS_OF = world.MONTH_UNTIL + timedelta(days=3)
_PROJECT = Path(__file__).resolve().parent.parent.parent

_YARDSTICK = (
    """
    CREATE TABLE bench_invoice (
        id bigint PRIMARY KEY, account_id bigint NOT NULL, number text NOT NULL UNIQUE,
        currency text NOT NULL, period_from timestamptz NOT NULL, period_until timestamptz NOT NULL,
        state text NOT NULL, subtotal bigint NOT NULL, tax bigint NOT NULL, total bigint NOT NULL,
        created_at timestamptz NOT NULL)
    """,
    "CREATE INDEX ON bench_invoice (account_id)",
    """
    CREATE TABLE bench_line (
        id bigint PRIMARY KEY, invoice_id bigint NOT NULL, position int NOT NULL,
        price_id bigint NOT NULL, description text NOT NULL, quantity numeric NOT NULL,
        unit_price numeric NOT NULL, amount bigint NOT NULL, detail jsonb NOT NULL,
        UNIQUE (invoice_id, position))
    """,
)


_COPIED_CHUNK = 1_000
_POSITIONS = range(LINES_AN_INVOICE)
_INVOICE = (
    f"{{n}}\t{{n}}\tBENCH-{{n:08d}}\tEUR\t{world.MONTH_FROM.isoformat()}"
    f"\t{world.MONTH_UNTIL.isoformat()}\tissued\t96570\t0\t96570\t{_AS_OF.isoformat()}\n"
)
_DETAIL = json.dumps([[0, "0", "1000", "0.05", "50"], [1, "1000", "15523", "0.003", "46.569"]])


class RunIncomplete(Exception):
    """The run did not bill what it was given, so its rate means nothing."""


def measure(bench: Bench) -> Iterator[Row | Memory]:
    copied, billed = [], []
    for _ in range(bench.scale.runs):
        with bench.fresh() as scene:
            account_ids = scene.world.account_ids[: bench.scale.billed_accounts]
            in_fresh_thread(preload_days, account_ids)
            copied.append(_copied(len(account_ids)))
            billed.append(in_fresh_thread(_billed, account_ids))
    yield Row(
        "10",
        f"whole bill run, {LINES_AN_INVOICE} lines an invoice, explained and with history, "
        "1 process",
        "COPY of the same invoices and lines",
        Comparison(billed, copied),
        Target(must=0.20, stretch=0.35),
        unit="invoices/s",
    )
    yield _memory(bench)


def bill(account_ids: Sequence[int]) -> int:
    """Plan a run over the month of these accounts and work through it; returns the invoices issued.

    Raises: RunIncomplete.
    """
    run = billruns.start(
        as_of=_AS_OF,
        at=_AS_OF,
        by=world.BENCH,
        reason="Benchmark",
        grace=timedelta(0),
        account_ids=account_ids,
    )
    while (chunk := billruns.claim_chunk(at=_AS_OF)) is not None:
        billruns.work(chunk=chunk, at=_AS_OF)
    billed = run.items.filter(state="billed").count()
    if billed != len(account_ids):
        raise RunIncomplete(f"{billed} of {len(account_ids)} accounts were billed")
    return billed


def _billed(account_ids: Sequence[int]) -> Rate:
    settle()
    rate = timed(lambda: bill(account_ids))
    lines = InvoiceLine.objects.count()
    if lines != rate.units * LINES_AN_INVOICE:
        raise RunIncomplete(f"{lines} lines on {rate.units} invoices")
    return rate


def _copied(invoice_count: int) -> Rate:
    with connection.cursor() as cursor:
        for statement in _YARDSTICK:
            cursor.execute(statement)
    settle()
    return timed(lambda: _copy_in_chunks(invoice_count))


def _copy_in_chunks(invoice_count: int) -> int:
    """As a program that does nothing else would: format, COPY, commit, a chunk at a time."""
    for first in range(0, invoice_count, _COPIED_CHUNK):
        numbers = range(first, min(first + _COPIED_CHUNK, invoice_count))
        with transaction(), connection.cursor() as cursor:
            with cursor.copy("COPY bench_invoice FROM STDIN") as copy:
                copy.write("".join([_INVOICE.format(n=n) for n in numbers]))
            with cursor.copy("COPY bench_line FROM STDIN") as copy:
                copy.write("".join([_line(n, at) for n in numbers for at in _POSITIONS]))
    return invoice_count


def _line(invoice: int, position: int) -> str:
    number = invoice * LINES_AN_INVOICE + position
    return (
        f"{number}\t{invoice}\t{position}\t{position}\tBench {position} small\t16523\t0.003"
        f"\t9657\t{_DETAIL}\n"
    )


def _memory(bench: Bench) -> Memory:
    """The peak of a process that bills so many accounts; each size in a process of its own."""
    readings = []
    for count in _MEMORY_SIZES:
        with bench.fresh() as scene:
            ids = [*scene.world.account_ids]
            missing = count - len(ids)
            if missing > 0:
                ids += in_fresh_thread(add_customers, missing)[0]
            in_fresh_thread(preload_days, ids[:count], day_count=2)
            peak = _peak_of_a_run(scene.database_url, count)
        readings.append((f"{count:,} accounts", peak))
    return Memory("a bill run, peak of its process", readings, most_mb=50)


def _peak_of_a_run(database_url: str, account_count: int) -> float:
    command = [sys.executable, "-m", "benchmarks.billing_process", str(account_count)]
    environment = os.environ | {"DATABASE_URL": database_url}
    done = subprocess.run(
        command, cwd=_PROJECT, env=environment, check=True, capture_output=True, text=True
    )
    return float(done.stdout)
