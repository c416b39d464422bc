"""The tables of the kept database, brought up to date once for each state of the migrations.

The stamp lies in the cluster, so it goes when the data goes, and a cluster without one is new.
"""

import fcntl
import hashlib
import math
from collections.abc import Callable
from pathlib import Path
from typing import IO

from deploy.local.places import Places
from deploy.local.supervisor import Supervisor


def bring_up_to_date(places: Places, supervisor: Supervisor, migrate: Callable[[], None]) -> None:
    """Calls `migrate` unless it has been done for this code. One command does, others wait.

    What `migrate` raises leaves the tables to the next command.
    """
    with (places.dev / "tables.lock").open("w") as lock:
        supervisor.wait_until(lambda: _is_locked(lock), "another command's migration", math.inf)
        wanted, stamp = _state_of_the_code(places.project), _stamp(places)
        if not stamp.exists() or stamp.read_text() != wanted:
            migrate()
            stamp.write_text(wanted)


def forget(places: Places) -> None:
    """The next command migrates: somebody is about to migrate by hand, to wherever."""
    _stamp(places).unlink(missing_ok=True)


def _stamp(places: Places) -> Path:
    return places.cluster / "counterfoil.tables"


def _state_of_the_code(project: Path) -> str:
    """A hash of our migrations, and of the locks that say whose others there are."""
    digest = hashlib.sha256()
    places = ("*/migrations/*.py", "*/*/migrations/*.py", "requirements/*.txt", "core/db/roles.py")
    for path in sorted(path for place in places for path in project.glob(place)):
        digest.update(b"\0".join([str(path.relative_to(project)).encode(), path.read_bytes()]))
    return digest.hexdigest()


def _is_locked(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
