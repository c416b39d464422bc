"""The faults, one after the other. Each is a function that does harm and ends when it is over."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.db import connection

from billing.invoicing.models import BillRun
from core.clock import now
from tests.faults.processes import (
    POSTGRES,
    VALKEY,
    WEB,
    WORKER,
    child_process,
    frozen,
    kill,
    main_process,
)
from tests.faults.world import World

FROZEN_S = 5.0
DRIPPING = 200
FINISHED_WITHIN_S = 90.0


@dataclass(frozen=True, slots=True)
class Fault:
    name: str
    strike: Callable[[], str]
    """Does it, and says what is to be known of it; raises AssertionError if something broke."""


def programme(url: str, world: World) -> list[Fault]:
    return [
        Fault("a web process is killed", lambda: _kill(child_process(WEB))),
        Fault("the web is killed", lambda: _kill(main_process(WEB))),
        Fault("a web process is frozen", lambda: _freeze(child_process(WEB))),
        Fault(f"{DRIPPING} clients drip", lambda: _drip(url)),
        Fault("the broker gets garbage", _garbage),
        Fault("the broker is killed", lambda: _kill(main_process(VALKEY))),
        Fault("the broker is frozen", lambda: _freeze(main_process(VALKEY))),
        Fault("a worker is killed in a bill run", lambda: _kill_a_worker(world)),
        Fault("a frozen worker holds a chunk", lambda: _freeze_with_a_chunk(world)),
        Fault("the database is killed", lambda: _kill(main_process(POSTGRES))),
        Fault("the database is killed in a bill run", lambda: _kill_the_database(world)),
        Fault("the database is frozen", lambda: _freeze_the_database()),
    ]


def _kill(pid: int) -> str:
    kill(pid)
    return ""


def _freeze(pid: int) -> str:
    with frozen(pid):
        time.sleep(FROZEN_S)
    return f"{FROZEN_S:.0f} s"


def _drip(url: str) -> str:
    """Half-sent requests, a byte a second, until the server has had enough of all of them."""
    address = urlsplit(url)
    assert address.hostname
    assert address.port
    head = (
        b"POST /api/v1/usage/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n"
    )
    clients = []
    for number in range(DRIPPING):
        client = socket.create_connection((address.hostname, address.port), timeout=30)
        client.sendall(head if number % 2 else head[:40])
        clients.append(client)
    for _ in range(8):
        time.sleep(1)
        for client in clients:
            with contextlib.suppress(OSError):
                client.sendall(b"x")
    told = 0
    for client in clients:
        with contextlib.suppress(OSError):
            told += client.recv(64).startswith(b"HTTP/1.1 408")
        client.close()
    assert told == DRIPPING, f"{told} of {DRIPPING} were told 408"
    return f"{told} times 408"


def _garbage() -> str:
    broker = redis.Redis.from_url(settings.REDIS_URL)
    sent = [b"\xff\xfe no message", b"{}", b'{"body": 7, "headers": []}', b"[" * 10_000]
    for each in sent:
        broker.lpush("celery", each)
    broker.close()
    return f"{len(sent)} messages"


def _kill_a_worker(world: World) -> str:
    run = world.start_run(40, now())
    _until(lambda: _billed(run) > 0)
    kill(child_process(WORKER))
    kill(main_process(WORKER))
    return _finished(run)


def _kill_the_database(world: World) -> str:
    run = world.start_run(40, now())
    _until(lambda: _billed(run) > 0)
    kill(main_process(POSTGRES))
    return _finished(run)


def _freeze_with_a_chunk(world: World) -> str:
    with _sleeper() as sleeper:
        run = world.start_run(40, now())
        assert sleeper.stdout is not None
        assert sleeper.stdout.readline().strip() == "holds"
        with frozen(sleeper.pid):
            finished = _finished(run)
        said, _ = sleeper.communicate("go on\n", timeout=60)
    assert said.strip() == "refused", f"the thawed worker {said.strip()}"
    return f"{finished}, the thawed worker was refused"


@contextlib.contextmanager
def _sleeper() -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.sleeper"],
        env=os.environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _freeze_the_database() -> str:
    """Its processes that serve, found by asking it, and the one that lets others in."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'")
        serving = [pid for (pid,) in cursor.fetchall()]
    connection.close()
    with contextlib.ExitStack() as all_frozen:
        for pid in [main_process(POSTGRES), *serving]:
            with contextlib.suppress(ProcessLookupError):
                all_frozen.enter_context(frozen(pid))
        time.sleep(FROZEN_S)
        # One that was ended meanwhile cannot be thawed.
        all_frozen.push(lambda kind, _error, _trace: kind is ProcessLookupError)
    return f"{FROZEN_S:.0f} s"


def _billed(run: BillRun) -> int:
    return run.items.exclude(state="pending").count()


def _finished(run: BillRun) -> str:
    began = time.monotonic()
    _until(lambda: BillRun.objects.get(pk=run.pk).finished_at is not None)
    parked = run.items.filter(state="parked").count()
    assert not parked, f"{parked} accounts were parked"
    return f"its run ended {time.monotonic() - began:.0f} s later"


def _until(is_so: Callable[[], bool]) -> None:
    """Looks until something is so, whatever happens to the database meanwhile."""
    until = time.monotonic() + FINISHED_WITHIN_S
    while time.monotonic() < until:
        with contextlib.suppress(Exception):
            if is_so():
                return
            time.sleep(0.1)
            continue
        connection.close()
        time.sleep(0.5)
    raise AssertionError(f"it did not happen within {FINISHED_WITHIN_S:.0f} s")
