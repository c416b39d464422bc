"""Where things are kept, and as whom the servers run.

PostgreSQL refuses to run as root, so root hands its servers to `nobody`: their data then lies in
/var/tmp, where nobody may reach it whatever the modes above the checkout are. No mode of any
directory that is not ours is ever changed.
"""

import fcntl
import hashlib
import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from deploy.local.problems import LocalProblem

APP = "counterfoil"
PROJECT = Path(__file__).resolve().parent.parent.parent
# Sockets go here and not into $TMPDIR: a socket's path may have 104 bytes on macOS.
SOCKET_ROOT = Path("/tmp")  # noqa: S108  directories in it are fresh and mode 700
_ALIVE = ".alive"


@dataclass(frozen=True)
class FileOwner:
    """The user that the servers run as; None in both means: as whoever started us."""

    uid: int | None = None
    gid: int | None = None

    def take(self, path: Path) -> None:
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


SELF = FileOwner()


@dataclass(frozen=True)
class Places:
    project: Path
    dev: Path
    """Locks, logs and, for an ordinary user, all data. Ignored by git."""
    state: Path
    """Data of the servers."""
    owner: FileOwner

    @property
    def cluster(self) -> Path:
        return self.state / "pg"

    @property
    def logs(self) -> Path:
        return self.dev / "logs"


def find_places(project: Path = PROJECT, name: str = ".dev") -> Places:
    """The places of this checkout, made if they are not there yet.

    Another name is another installation, with data and a supervisor of its own.
    """
    dev = project / name
    try:
        dev.mkdir(mode=0o700, exist_ok=True)
        (dev / "logs").mkdir(exist_ok=True)
    except PermissionError as error:
        raise LocalProblem(f"cannot write to {dev}: it belongs to another user") from error
    if os.geteuid() != 0:
        return Places(project, dev, dev, SELF)
    nobody = pwd.getpwnam("nobody")
    owner = FileOwner(nobody.pw_uid, nobody.pw_gid)
    whose = project if name == ".dev" else dev
    state = _root_area() / hashlib.sha256(os.fsencode(whose)).hexdigest()[:12]
    state.mkdir(mode=0o700, exist_ok=True)
    owner.take(state)
    return Places(project, dev, state, owner)


def _root_area() -> Path:
    """The directory of root's instances; the name is guessable, so it must be root's own."""
    area = root_area_path()
    area.mkdir(mode=0o755, exist_ok=True)
    found = area.lstat()
    if found.st_uid != 0 or area.is_symlink() or found.st_mode & 0o022:
        raise LocalProblem(f"{area} does not belong to root alone; remove it and start again")
    return area


def root_area_path() -> Path:
    return Path("/var/tmp") / f"{APP}-0"  # noqa: S108  checked to be root's own


@contextmanager
def fresh_directory(parent: Path, prefix: str, owner: FileOwner) -> Iterator[Path]:
    """A new private directory, removed at the end.

    A locked file in it tells the living from the dead, so that what a killed supervisor left
    behind is removed by the next one.
    """
    _sweep(parent, prefix)
    path, alive = _marked_alive(parent, prefix)
    owner.take(path)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        alive.close()


def _marked_alive(parent: Path, prefix: str) -> tuple[Path, IO[str]]:
    """A new directory and its locked file. A sweep may come between the making and the locking
    and take the directory for a dead one; then another is made.
    """
    while True:
        path = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        alive = (path / _ALIVE).open("w")
        fcntl.flock(alive, fcntl.LOCK_EX)
        if (path / _ALIVE).exists():
            return path, alive
        alive.close()


def _sweep(parent: Path, prefix: str) -> None:
    for path in parent.glob(prefix + "*"):
        try:
            alive = (path / _ALIVE).open("r+")
        except OSError:
            # Somebody else's, or being made at this moment.
            continue
        with alive:
            if os.fstat(alive.fileno()).st_uid != os.geteuid():
                continue
            try:
                fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            shutil.rmtree(path, ignore_errors=True)


def remove_everything(places: Places) -> None:
    """Deletes all data of this checkout. The caller holds the supervisor's lock."""
    for parent, prefix in ((SOCKET_ROOT, f"{APP}-"), (places.state, "throwaway-")):
        _sweep(parent, prefix)
    if places.state != places.dev:
        shutil.rmtree(places.state)
    shutil.rmtree(places.dev)
