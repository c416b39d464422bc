"""No statement, lock or transaction lasts for ever, whatever kind of process it is in."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import monotonic, sleep
from typing import Any

import psycopg
import pytest
from celery import Celery
from celery.exceptions import Retry
from django.db import DataError, Error, OperationalError, connection, transaction
from pytest_django import Settings

from core import leases
from core.db.limits import ProcessKind, this_process_is
from core.tasks import ActingTask, end_overlong
from tests.cast import NOON
from tests.core.errands import MINUTE, claim, errand, shared_errands_table

__all__ = ["shared_errands_table"]


@pytest.fixture(autouse=True)
def _no_kind_is_left_behind() -> Iterator[None]:
    yield
    this_process_is(None)


def limits_of_this_connection() -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, setting FROM pg_settings WHERE name LIKE '%timeout'")
        return dict(cursor.fetchall())


@pytest.mark.parametrize("kind", list(ProcessKind))
@pytest.mark.django_db(transaction=True)
def test_every_kind_of_process_has_its_limits(kind: ProcessKind, settings: Settings) -> None:
    this_process_is(kind)
    connection.close()
    told = limits_of_this_connection()
    assert told["lock_timeout"] != "0"
    assert told["idle_in_transaction_session_timeout"] != "0"
    has_an_end = kind in (ProcessKind.WEB, ProcessKind.WORKER)
    assert (told["statement_timeout"] != "0") is has_an_end
    # PostgreSQL has it since version 17.
    if "transaction_timeout" in told:
        assert (told["transaction_timeout"] != "0") is has_an_end
    with connection.cursor() as cursor:
        cursor.execute("SHOW application_name")
        assert cursor.fetchone() == (f"counterfoil {kind}",)
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_process_that_is_nothing_has_no_limits() -> None:
    connection.close()
    assert limits_of_this_connection()["statement_timeout"] == "0"


@pytest.mark.concurrency
@pytest.mark.usefixtures("shared_errands_table")
def test_a_frozen_worker_holds_its_item_for_ever(settings: Settings) -> None:
    """It is free again once its lease is over, and the one that thaws can change nothing."""
    worker = settings.DATABASE_LIMITS["worker"] | {"idle_in_transaction": "200ms"}
    settings.DATABASE_LIMITS = settings.DATABASE_LIMITS | {"worker": worker}
    errand()
    (mine,) = claim()

    held, taken = Event(), Event()

    def freeze_while_holding() -> str:
        this_process_is(ProcessKind.WORKER)
        try:
            with transaction.atomic():
                leases.hold(mine)
                held.set()
                taken.wait(60)
                leases.complete(mine, at=NOON)
        except Error:
            return "thawed too late"
        finally:
            connection.close()
        return "changed it"

    def take_when_free() -> int:
        held.wait(60)
        try:
            until = monotonic() + 60
            while not (items := claim(at=NOON + MINUTE)) and monotonic() < until:
                sleep(0.05)
            taken.set()
            return len(items)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        taken_by_another = pool.submit(take_when_free)
        frozen = pool.submit(freeze_while_holding)
        assert taken_by_another.result() == 1
        assert frozen.result() == "thawed too late"


@pytest.mark.concurrency
@pytest.mark.usefixtures("shared_errands_table")
def test_a_worker_frozen_within_a_copy_is_ended_too(settings: Settings) -> None:
    """PostgreSQL looks at no clock while it waits for the rows of a COPY."""
    worker = settings.DATABASE_LIMITS["worker"] | {"transaction": "200ms", "statement": "200ms"}
    settings.DATABASE_LIMITS = settings.DATABASE_LIMITS | {"worker": worker}
    copies, over = Event(), Event()

    def freeze_within_a_copy() -> str:
        this_process_is(ProcessKind.WORKER)
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("CREATE TEMPORARY TABLE heap (line text) ON COMMIT DROP")
                with cursor.copy("COPY heap FROM STDIN"):
                    copies.set()
                    over.wait(60)
        except (Error, psycopg.Error):
            return "ended"
        finally:
            connection.close()
        return "finished"

    with ThreadPoolExecutor(1) as pool:
        frozen = pool.submit(freeze_within_a_copy)
        assert copies.wait(60)
        this_process_is(None)
        until = monotonic() + 60
        while not (ended := end_overlong()) and monotonic() < until:
            sleep(0.05)
        over.set()
        assert (ended, frozen.result()) == (1, "ended")


@pytest.mark.django_db
def test_a_transaction_within_its_limit_is_left_alone() -> None:
    assert end_overlong() == 0


def failing(error: Exception) -> Any:
    """A task of a worker whose broker is its own memory, and which meets this error."""
    worker = Celery("test", broker="memory://", set_as_current=False)

    @worker.task(base=ActingTask, name="tests.failing")
    def fail() -> None:
        raise error

    return fail


@pytest.mark.django_db
def test_a_wake_up_that_meets_no_database_comes_again_and_later_each_time() -> None:
    task = failing(OperationalError("connection refused"))
    for tried, seconds in enumerate((2, 4, 8, 16)):
        task.push_request(called_directly=False, retries=tried, id="t-1", args=(), kwargs={})
        with pytest.raises(Retry) as again:
            task()
        assert again.value.when == seconds
        task.pop_request()


@pytest.mark.django_db
def test_a_wake_up_that_meets_a_defect_does_not_come_again() -> None:
    task = failing(DataError("a defect"))
    task.push_request(called_directly=False, id="t-1", args=(), kwargs={})
    with pytest.raises(DataError):
        task()
