"""python -m tests.faults.restore --url URL: what a backup that is kept under load gives back.

The server's disk is taken to be lost at an instant in the middle of the load: what the backup held
at that instant is copied, and a cluster is made of the copy alone. It is gone back to twice: to the
end, and to an earlier instant. What every sender had been acknowledged by then must be there, each
event once, and the books must hold.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import django
import psycopg

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PROJECT = Path(__file__).resolve().parents[2]
DRILL: Mapping[str, Any] = json.loads(os.environ.get("DRILL", "{}"))


@dataclass(frozen=True)
class Instant:
    """What had been acknowledged by then, and so must be there."""

    said: str
    acknowledged: int


def main() -> int:
    parser = ArgumentParser(prog="restore")
    parser.add_argument("--url", required=True)
    url: str = parser.parse_args().url
    django.setup()

    from core.clock import now
    from tests.faults.load import Load
    from tests.faults.world import ACCOUNTS, World

    backup = Path(DRILL["backup"])
    print("Telling the world …", flush=True)
    load = Load(url, World(now()).issue_credential(), ACCOUNTS)
    _wait_for("a whole backup", lambda: any(backup.glob("base/*Z")))
    load.start()
    try:
        time.sleep(5)
        early = Instant(datetime.now(UTC).isoformat(sep=" "), load.event_count)
        time.sleep(5)
        late = Instant("", load.event_count)
        lost_disk = Path(tempfile.mkdtemp(prefix="counterfoil-drill-", dir="/var/tmp"))
        shutil.copytree(backup, lost_disk / "backup", copy_function=shutil.copy2)
    finally:
        load.stop()
    print(f"The disk is lost after {late.acknowledged:,} acknowledged events.", flush=True)
    try:
        wrong = [_restored(lost_disk, "end", late), _restored(lost_disk, "early", early)]
    finally:
        shutil.rmtree(lost_disk, ignore_errors=True)
    print("All is well." if not any(wrong) else f"{sum(wrong)} findings.", flush=True)
    return int(any(wrong))


def _restored(lost_disk: Path, name: str, instant: Instant) -> bool:
    """Make a cluster of the copy, as it was at the instant; whether anything is wrong with it."""
    began = time.monotonic()
    data = lost_disk / name
    _own(lost_disk)
    _as_whom([str(PROJECT / "deploy/backup/restore"), str(lost_disk / "backup"), str(data)]
             + ([instant.said] if instant.said else []))  # fmt: skip
    with _running(lost_disk, data) as url:
        seconds = time.monotonic() - began
        with psycopg.connect(url) as connection:
            row = connection.execute(
                "SELECT count(*), count(DISTINCT key), (SELECT count(*) FROM usage_eventkey)"
                " FROM usage_event"
            ).fetchone()
        assert row is not None
        events, distinct, keys = row
        books = subprocess.run(
            [sys.executable, "manage.py", "check_invariants"],
            cwd=PROJECT, env={**os.environ, "DATABASE_URL": url}, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
    lost = max(instant.acknowledged - events, 0)
    is_wrong = bool(lost or events != distinct or events != keys or books.returncode)
    print(
        f"{name:<6} restored in {seconds:4.1f} s: {events:,} events, {distinct:,} distinct;"
        f" {instant.acknowledged:,} had been acknowledged, {lost} of them lost."
        f" {books.stdout.strip().splitlines()[-1] if books.stdout else books.stderr[-300:]}",
        flush=True,
    )
    return is_wrong


@contextmanager
def _running(sockets: Path, data: Path) -> Iterator[str]:
    """PostgreSQL over that cluster, once it has replayed and takes writes; how to reach it."""
    server = [f"{DRILL['binaries']}/pg_ctl", "-D", str(data), "-w", "-t", "120"]
    options = f"-c listen_addresses= -c port=5999 -c max_connections=60 -k {sockets}"
    # A standby must know at least as much as its server did; the log goes where nobody looks.
    _as_whom([*server, "-l", str(data / "log"), "-o", options, "start"])
    try:
        url = _reached_at(sockets)
        _wait_for("the end of the replay", lambda: _takes_writes(url))
        yield url
    finally:
        _as_whom([*server, "-m", "immediate", "stop"])


def _reached_at(sockets: Path) -> str:
    url = urlsplit(os.environ["DATABASE_URL"])
    query = {**dict(parse_qsl(url.query)), "host": str(sockets), "port": "5999"}
    return urlunsplit(url._replace(query=urlencode(query)))


def _takes_writes(url: str) -> bool:
    try:
        with psycopg.connect(url) as connection:
            row = connection.execute("SELECT NOT pg_is_in_recovery()").fetchone()
    except psycopg.OperationalError:
        return False
    return row is not None and bool(row[0])


def _as_whom(argv: list[str]) -> None:
    """As the user that the servers run as, who is not root."""
    done = subprocess.run(
        argv,
        env={"PATH": f"{DRILL['binaries']}:/usr/bin:/bin", "LC_ALL": "C"},
        cwd="/",
        extra_groups=None if DRILL["as_whom"]["user"] is None else [],
        capture_output=True, text=True, check=False, **DRILL["as_whom"],
    )  # fmt: skip
    assert done.returncode == 0, f"{argv[0]}: {done.stdout}{done.stderr}"


def _own(place: Path) -> None:
    user, group = DRILL["as_whom"]["user"], DRILL["as_whom"]["group"]
    if user is not None:
        for path in (place, *place.rglob("*")):
            os.chown(path, user, group)


def _wait_for(what: str, is_so: Any) -> None:
    until = time.monotonic() + 120
    while not is_so():
        assert time.monotonic() < until, f"no {what} within two minutes"
        time.sleep(0.2)


if __name__ == "__main__":
    sys.exit(main())
