"""Real Celery workers on the real broker: killed in mid-run, the run is finished all the same."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from urllib.parse import quote, urlencode

import pytest
from django.db import connection, transaction

from billing.invoicing.invariants.invoices import numbers_are_gapless
from billing.invoicing.models import BillRun, BillRunChunk, Invoice
from billing.invoicing.operations import bill_runs
from billing.invoicing.tasks import ring_bill_runs, work_bill_runs
from billing.ledger.models import Journal
from config.celery import app
from tests.billing.prices import flat
from tests.story import Story

pytestmark = pytest.mark.django_db(transaction=True)

ACCOUNTS = 300
STARTED_WITHIN_SECONDS = 120
RESUMED_WITHIN_SECONDS = 60


@pytest.fixture
def story(transactional_db: None) -> Iterator[Story]:
    """A story on an empty broker."""
    app.control.purge()
    yield Story()
    app.control.purge()


def database_url() -> str:
    """The test database, for another process."""
    given = connection.settings_dict
    query = urlencode({"host": given["HOST"], "port": given["PORT"], **given["OPTIONS"]})
    login = f"{quote(given['USER'])}:{quote(given['PASSWORD'], safe='')}"
    return f"postgres://{login}@/{given['NAME']}?{query}"


def start_worker() -> subprocess.Popen[bytes]:
    """A worker process of its own, in a process group that can be killed at once.

    It is there when it is returned: how long Python takes to load is the machine's business.
    """
    command = [sys.executable, "-m", "celery", "--app", "config", "--quiet", "worker"]
    options = ["--pool", "threads", "--concurrency", "2", "--loglevel", "ERROR"]
    lonely = ["--without-mingle", "--without-gossip", "--without-heartbeat"]
    worker = subprocess.Popen(
        [*command, *options, *lonely],
        env=os.environ | {"DATABASE_URL": database_url()},
        start_new_session=True,
    )
    try:
        wait_until(lambda: bool(app.control.ping(timeout=1.0)), seconds=STARTED_WITHIN_SECONDS)
    except BaseException:
        kill(worker)
        raise
    return worker


def kill(worker: subprocess.Popen[bytes]) -> None:
    """SIGKILL: no chance to finish, to hand back or to say anything."""
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


def wait_until(true: Callable[[], bool], *, seconds: float) -> None:
    """Look again and again, ringing as beat would, until something is true."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.2)


def test_T24_a_killed_worker_is_replaced_and_each_account_is_billed_once(story: Story) -> None:
    plan = story.plan("team", flat("10.00"))
    story.on("2026-03-01")
    for number in range(ACCOUNTS):
        story.account(f"Team {number}").subscribes(plan)
    story.on("2026-04-01")
    run = story.plans_a_run(grace=bill_runs.GRACE * 0, chunk_accounts=5)
    items = run.items

    # However slow this process is to look, the victim cannot finish: one chunk is never free.
    with transaction.atomic():
        BillRunChunk.objects.select_for_update().filter(run=run).latest("pk")
        victim = start_worker()
        try:
            work_bill_runs.delay()
            wait_until(lambda: items.filter(state="billed").count() >= 20, seconds=40)
        finally:
            kill(victim)
    billed_before = items.filter(state="billed").count()
    assert 20 <= billed_before < ACCOUNTS

    successor = start_worker()
    try:

        def is_finished() -> bool:
            ring_bill_runs()
            return BillRun.objects.get(pk=run.pk).finished_at is not None

        wait_until(is_finished, seconds=RESUMED_WITHIN_SECONDS)
    finally:
        kill(successor)
    assert items.filter(state="billed").count() == ACCOUNTS
    assert Invoice.objects.filter(state="issued").count() == ACCOUNTS
    assert Journal.objects.count() == ACCOUNTS
    sequences = [invoice.sequence for invoice in Invoice.objects.order_by("sequence")]
    assert sequences == list(range(1, ACCOUNTS + 1))


def test_an_emptied_broker_only_delays_the_run(story: Story) -> None:
    plan = story.plan("team", flat("10.00"))
    acme = story.on("2026-03-01").account("Acme")
    acme.subscribes(plan)
    story.on("2026-04-01")
    run = story.plans_a_run(grace=bill_runs.GRACE * 0)
    work_bill_runs.delay()
    app.control.purge()  # the message is gone; the row is not
    worker = start_worker()
    try:
        assert ring_bill_runs() == 1
        wait_until(lambda: run.items.filter(state="billed").exists(), seconds=40)
    finally:
        kill(worker)
    assert len(acme.invoices) == 1


def test_two_workers_and_many_chunks_number_invoices_in_the_order_of_issue(story: Story) -> None:
    plan = story.plan("team", flat("10.00"))
    story.on("2026-03-01")
    for number in range(ACCOUNTS):
        story.account(f"Team {number}").subscribes(plan)
    story.on("2026-04-01")
    run = story.plans_a_run(grace=bill_runs.GRACE * 0, chunk_accounts=3)
    workers = [start_worker(), start_worker()]
    try:

        def is_finished() -> bool:
            ring_bill_runs()
            return BillRun.objects.get(pk=run.pk).finished_at is not None

        wait_until(is_finished, seconds=RESUMED_WITHIN_SECONDS)
    finally:
        for worker in workers:
            kill(worker)
    assert run.items.filter(state="billed").count() == ACCOUNTS
    result = numbers_are_gapless()
    assert (result.examined, result.sample_ids) == (ACCOUNTS, ())
