"""Keeps a set of children together: one loop reads their output, waits, and stops them in order.

Single-threaded on purpose (see children.start). Signals only set a flag; the loop acts on it, so
that stopping is never itself interrupted half-way. A child that ends ends everything until it is
said that they are kept; from then on it is started again, unless it ends again and again.
"""

import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType, TracebackType
from typing import NoReturn, Self

from deploy.local.children import Child, Command, start
from deploy.local.problems import Interrupted, LocalProblem
from deploy.local.restarts import ENDS_MAX, WITHIN_S, Restarts

STOP_AFTER_S = 10.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_COLOURS = (36, 33, 35, 32, 34, 31)


class Supervisor:
    """Use as a context manager: leaving it stops every child, the services last."""

    def __init__(self, log_directory: Path) -> None:
        self._log_directory = log_directory
        self._children: list[Child] = []
        self._selector = selectors.DefaultSelector()
        self._waker, self._wakes = socket.socketpair()
        self._received: int | None = None
        self._restarts: Restarts | None = None
        self._in_colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ

    def __enter__(self) -> Self:
        for end in (self._waker, self._wakes):
            end.setblocking(False)
        self._selector.register(self._wakes, selectors.EVENT_READ)
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        for number in _SIGNALS:
            signal.signal(number, self._note)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        for are_services in (False, True):
            self._stop([c for c in self._children if c.command.is_service is are_services])
        signal.set_wakeup_fd(-1)
        self._selector.close()
        self._waker.close()
        self._wakes.close()

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._received = number

    def start(self, command: Command) -> Child:
        child = start(command, self._log_directory)
        self._children.append(child)
        if child.process.stdout is not None:
            self._selector.register(child.process.stdout, selectors.EVENT_READ, child)
        return child

    def keep_running(self) -> None:
        """All is up: from now on, what ends is started again."""
        self._restarts = Restarts()

    def say(self, text: str) -> None:
        """A line on the terminal. When nobody listens any more, that is a reason to stop."""
        try:
            print(text, flush=True)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            self._received = signal.SIGHUP

    def wait_until(self, ready: Callable[[], bool], what: str, timeout_s: float) -> None:
        """Polls `ready` while the children run.

        Raises: LocalProblem after `timeout_s` or when a child ends for good; Interrupted.
        """
        deadline = time.monotonic() + timeout_s
        while not ready():
            if time.monotonic() > deadline:
                raise LocalProblem(f"{what} did not come up within {timeout_s:.0f} s")
            self._turn(0.03)

    def wait_for(self, child: Child) -> int:
        """Waits until this child ends by itself and answers its exit status."""
        while child.is_running():
            self._turn(1.0, may_end=child)
        self._forget(child)
        return child.process.returncode

    def wait_for_foreground(self, child: Child) -> int:
        """Like wait_for, for a child that owns the terminal: signals are its business.

        A terminal's Ctrl-C reaches the child by itself; anything else is handed on.
        """
        while child.is_running():
            try:
                self._turn(1.0, may_end=child)
            except Interrupted as interrupted:
                self._received = None
                if interrupted.signal_number != signal.SIGINT or not sys.stdin.isatty():
                    child.send(signal.Signals(interrupted.signal_number))
        self._forget(child)
        return child.process.returncode

    def wait_for_ever(self) -> NoReturn:
        """Runs until a signal (Interrupted) or until a child ends for good (LocalProblem)."""
        while True:
            self._turn(1.0)

    def _stop(self, children: list[Child]) -> None:
        """Stops these together: each one's own signal first, SIGKILL after ten seconds."""
        for child in reversed(children):
            if child.is_running():
                child.send(child.command.stop_signal)
        deadline = time.monotonic() + STOP_AFTER_S
        while any(child.is_running() for child in children) and time.monotonic() < deadline:
            self._read(0.05)
        for child in children:
            # The leader may be gone and others of its group still there.
            if not child.command.foreground or child.is_running():
                child.send(signal.SIGKILL)
            child.process.wait()
            self._forget(child)

    def _turn(self, timeout_s: float, may_end: Child | None = None) -> None:
        self._read(timeout_s)
        if self._received is not None:
            raise Interrupted(self._received)
        for child in list(self._children):
            if child is not may_end and not child.is_running():
                self._ended(child)
        if self._restarts is not None:
            for command in self._restarts.due(now=time.monotonic()):
                self.start(command)

    def _ended(self, child: Child) -> None:
        """Start it again a little later, or give up. Raises: LocalProblem."""
        name, status = child.command.name, child.process.returncode
        self._drain(child)
        if self._restarts is None:
            raise LocalProblem(f"{name} ended with status {status}. {_last_lines(child)}")
        # Its leader is gone, and others of its group may still hold its port or its data.
        child.send(signal.SIGKILL)
        self._forget(child)
        wait_s = self._restarts.wait_s(child.command, now=time.monotonic())
        if wait_s is None:
            raise LocalProblem(
                f"{name} ended {ENDS_MAX} times within {WITHIN_S:.0f} s, at last with status"
                f" {status}. {_last_lines(child)}"
            )
        self.say(f"{name} ended with status {status} and starts again in {wait_s:.0f} s.")

    def _read(self, timeout_s: float) -> None:
        for key, _ in self._selector.select(timeout_s):
            if key.data is None:
                self._wakes.recv(4096)
            else:
                self._read_from(key.data)

    def _read_from(self, child: Child) -> bool:
        assert child.process.stdout is not None
        try:
            chunk = os.read(child.process.stdout.fileno(), 65_536)
        except BlockingIOError:
            return False
        if not chunk:
            self._selector.unregister(child.process.stdout)
            child.process.stdout.close()
            return False
        lines = child.lines(chunk)
        if not (child.command.is_service or child.command.quiet):
            for line in lines:
                self.say(self._prefix(child) + line)
        return True

    def _drain(self, child: Child) -> None:
        while (
            child.process.stdout is not None
            and not child.process.stdout.closed
            and self._read_from(child)
        ):
            pass

    def _forget(self, child: Child) -> None:
        self._drain(child)
        if child.process.stdout is not None and not child.process.stdout.closed:
            self._selector.unregister(child.process.stdout)
            child.process.stdout.close()
        child.log.close()
        self._children.remove(child)

    def _prefix(self, child: Child) -> str:
        if child.command.plain:
            return ""
        name = f"{child.command.name:>8} | "
        if not self._in_colour:
            return name
        colour = _COLOURS[sum(child.command.name.encode()) % len(_COLOURS)]
        return f"\033[{colour}m{name}\033[0m"


def _last_lines(child: Child) -> str:
    return "\n".join(["Its last lines:", *(f"  {line}" for line in child.last_lines)])
