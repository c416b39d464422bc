"""One child process: how it starts, how its output is kept, how it ends."""

import ctypes
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from deploy.local.places import SELF, FileOwner

LAST_LINES = 20
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Command:
    """What to start."""

    name: str
    argv: Sequence[str | Path]
    environment: Mapping[str, str]
    cwd: Path = Path("/")
    owner: FileOwner = SELF
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGTERM
    """What the kernel sends it when its supervisor is killed (Linux only)."""
    is_service: bool = False
    """Others stand on it: it stops after they have stopped, and its output goes to its log only."""
    quiet: bool = False
    """Its output goes to its log only."""
    plain: bool = False
    """Its lines are for the reader as they are, to be copied, and carry no prefix."""
    foreground: bool = False
    """It keeps the terminal: standard input and output, and the terminal's signals."""


@dataclass
class Child:
    command: Command
    process: subprocess.Popen[bytes]
    log: IO[bytes]
    last_lines: deque[str] = field(default_factory=lambda: deque(maxlen=LAST_LINES))
    unfinished: bytes = b""

    def is_running(self) -> bool:
        return self.process.poll() is None

    def lines(self, chunk: bytes) -> list[str]:
        """The lines that this chunk of output completes."""
        self.log.write(chunk)
        self.log.flush()
        *whole, self.unfinished = (self.unfinished + chunk).split(b"\n")
        lines = [line.decode("utf-8", "replace").rstrip("\r") for line in whole]
        self.last_lines.extend(lines)
        return lines

    def send(self, signal_number: signal.Signals) -> None:
        """Signals the child's whole group, unless it shares ours."""
        try:
            if self.command.foreground:
                self.process.send_signal(signal_number)
            else:
                os.killpg(self.process.pid, signal_number)
        except ProcessLookupError:
            pass
        except PermissionError:
            # macOS says so when only zombies are left in the group.
            self.process.send_signal(signal_number)


def start(command: Command, log_directory: Path) -> Child:
    """Starts the child. The calling thread must live as long as the child: the kernel's
    death signal follows the thread that forked, not the process.
    """
    log = (log_directory / f"{command.name}.log").open("ab")
    inherit = command.foreground
    try:
        process = subprocess.Popen(
            [str(part) for part in command.argv],
            env=dict(command.environment),
            cwd=command.cwd,
            stdin=None if inherit else subprocess.DEVNULL,
            stdout=None if inherit else subprocess.PIPE,
            stderr=None if inherit else subprocess.STDOUT,
            start_new_session=not inherit,
            user=command.owner.uid,
            group=command.owner.gid,
            extra_groups=None if command.owner.uid is None else [],
            # Runs after the change of user, which would clear the setting. The supervisor has
            # one thread only, so code between fork and exec cannot meet a held lock.
            preexec_fn=_die_with_parent(command.death_signal),
        )
    except BaseException:
        log.close()
        raise
    if process.stdout is not None:
        os.set_blocking(process.stdout.fileno(), False)
    return Child(command, process, log)


def _die_with_parent(death_signal: signal.Signals) -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    supervisor = os.getpid()

    def ask_the_kernel() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != supervisor:
            os._exit(1)

    return ask_the_kernel
