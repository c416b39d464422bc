"""The processes beside this one, which the same supervisor started: found, killed, frozen."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.tooling.checkout import started_by

WEB, WORKER, POSTGRES, VALKEY = "gunicorn", "worker", "postgres", "valkey-server"


def main_process(program: str) -> int:
    """The process that the supervisor started; waits while it is being started again."""
    return _found(lambda: started_by(os.getppid(), program), program)


def child_process(program: str) -> int:
    """One of the processes that the main one forked to do its work."""
    return _found(lambda: started_by(main_process(program), program), f"a child of {program}")


def kill(pid: int) -> None:
    """No chance to finish, to hand back or to say anything."""
    os.kill(pid, signal.SIGKILL)


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """It does nothing, holds what it holds, and knows nothing of it afterwards."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def _found(look: Callable[[], int], what: str) -> int:
    until = time.monotonic() + 60
    while not (pid := look()):
        if time.monotonic() > until:
            raise AssertionError(f"there is no {what}")
        time.sleep(0.1)
    return pid
