"""Two and more at the same time, each with a connection of its own."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from threading import Barrier
from time import monotonic, sleep
from typing import Any

from django.db import connection, transaction

from core.errors import DomainError

_PATIENCE = 60


def rounds(usual: int) -> int:
    """How often a race is run: as often as `make races` says, or so often in the suite."""
    return int(os.environ.get("RACE_ROUNDS", usual))


Call = Callable[[], Any]


def at_once(*calls: Call) -> list[Any]:
    """Call all of them at the same moment; a refusal is an answer too."""
    ready = Barrier(len(calls))

    def run(call: Call) -> Any:
        ready.wait(timeout=_PATIENCE)
        return _answer(call)

    with ThreadPoolExecutor(len(calls)) as threads:
        waiting = [threads.submit(run, call) for call in calls]
        return [done.result(timeout=_PATIENCE) for done in waiting]


def while_open(first: Call, then: Call) -> tuple[Any, Any]:
    """Do the first in a transaction that stays open until the other one waits for it or is done."""
    with transaction.atomic():
        answer = first()
        ended = begun(then)
    return answer, ended()


def begun(call: Call) -> Call:
    """Begin a call and come back when it waits for somebody or is done; call the answer to end it.

    A refusal is an answer too.
    """
    backend: SimpleQueue[int] = SimpleQueue()
    threads = ThreadPoolExecutor(1)
    other = threads.submit(lambda: _told(backend, call))
    _wait_for(other, backend.get(timeout=_PATIENCE))

    def ended() -> Any:
        with threads:
            return other.result(timeout=_PATIENCE)

    return ended


def _told(backend: SimpleQueue[int], call: Call) -> Any:
    """Call it, having told which session does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend.put(cursor.fetchone()[0])
    return _answer(call)


def _answer(call: Call) -> Any:
    try:
        return call()
    except DomainError as refused:
        return refused
    finally:
        connection.close()


def _wait_for(other: Future[Any], backend: int) -> None:
    until = monotonic() + _PATIENCE
    while not other.done() and not _is_blocked(backend):
        assert monotonic() < until, "It neither ended nor waited."
        sleep(0.01)


def _is_blocked(backend: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE pid = %s AND NOT granted)", [backend]
        )
        return bool(cursor.fetchone()[0])
