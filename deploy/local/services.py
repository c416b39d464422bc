"""The services of one command: whose they are, how to reach them, when they stop.

Three ways to get them. The environment names them: nothing is started. A supervisor of this
checkout already runs: its services are used, and it waits for us before it stops them. Otherwise
this process starts its own over the kept data and holds the lock that keeps a second one away.
Tests never share: theirs are thrown away.
"""

import fcntl
import json
import math
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from core.db.roles import OWNER, ROLES, DatabaseRole
from deploy.local.binaries import find_binaries
from deploy.local.places import APP, SOCKET_ROOT, Places, fresh_directory
from deploy.local.postgres import Cluster
from deploy.local.problems import LocalProblem
from deploy.local.supervisor import Supervisor
from deploy.local.valkey import Valkey

_ATTACH_WITHIN_S = 60.0


@dataclass(frozen=True)
class Services:
    """Where PostgreSQL and Valkey answer; PostgreSQL to each role by itself."""

    database_url: str
    """The owner's."""
    redis_url: str
    cache_url: str
    role_urls: Mapping[str, str] = field(default_factory=dict)
    """By role; empty where the environment names a database, which may have one for everything."""

    def url_of(self, role: DatabaseRole) -> str:
        """How that role connects."""
        return self.role_urls.get(role.name, self.database_url)

    def environment(self, database_url: str = "") -> dict[str, str]:
        """The variables of a process that connects so; without one, as the owner."""
        return {
            "DATABASE_URL": database_url or self.database_url,
            "REDIS_URL": self.redis_url,
            "CACHE_URL": self.cache_url,
        }


@contextmanager
def own_services(places: Places, supervisor: Supervisor) -> Iterator[Services]:
    """Services over the kept data, for a command that refuses to share (demo, services).

    Raises: LocalProblem when another supervisor of this checkout runs.
    """
    with (
        exclusive_use(places),
        _kept_services(places, supervisor, wait_for_guests=False) as services,
    ):
        yield services


@contextmanager
def shared_services(places: Places, supervisor: Supervisor) -> Iterator[Services]:
    """Services over the kept data: a running supervisor's, or else our own."""
    deadline = time.monotonic() + _ATTACH_WITHIN_S
    while time.monotonic() < deadline:
        with _lock(places) as lock:
            if lock is not None:
                with _kept_services(places, supervisor, wait_for_guests=True) as services:
                    yield services
                return
        with _guest_book(places) as book:
            fcntl.flock(book, fcntl.LOCK_SH)
            found = _announced(places)
            if found is not None:
                with supervisor:
                    yield _as_the_environment_says(found)
                return
        time.sleep(0.1)
    raise LocalProblem(f"another command of this checkout does not get ready ({_who(places)})")


@contextmanager
def throwaway_services(
    places: Places, supervisor: Supervisor, *, durable: bool = False
) -> Iterator[Services]:
    """Services over an empty cluster that is deleted at the end.

    Without `durable` it never waits for the disk: right for tests, wrong for measurements.
    """
    with (
        _sockets(places) as sockets,
        fresh_directory(places.state, "throwaway-", places.owner) as state,
        _started(places, supervisor, sockets, data=state / "pg", durable=durable) as services,
    ):
        yield services


@contextmanager
def exclusive_use(places: Places) -> Iterator[None]:
    """Keeps every supervisor of this checkout away.

    Raises: LocalProblem when one runs.
    """
    with _lock(places) as lock:
        if lock is None:
            raise LocalProblem(f"already running in this checkout ({_who(places)})")
        yield


@contextmanager
def _kept_services(
    places: Places, supervisor: Supervisor, *, wait_for_guests: bool
) -> Iterator[Services]:
    with (
        _sockets(places) as sockets,
        _started(places, supervisor, sockets, data=places.cluster, durable=True) as services,
    ):
        announcement = places.dev / "services.json"
        # Whoever sees the file reads all of it: it is put in place when it is whole.
        written = announcement.with_suffix(".new")
        written.write_text(json.dumps({"pid": os.getpid(), "services": asdict(services)}))
        written.replace(announcement)
        try:
            yield services
        finally:
            announcement.unlink(missing_ok=True)
        if wait_for_guests:
            with _guest_book(places) as book:
                supervisor.wait_until(lambda: _is_ours_alone(book), "the last guest", math.inf)


@contextmanager
def _started(
    places: Places, supervisor: Supervisor, sockets: Path, *, data: Path, durable: bool
) -> Iterator[Services]:
    """Starts what the environment does not name. The supervisor stops it."""
    with supervisor:
        services = _as_the_environment_says(Services("", "", ""))
        if not services.database_url:
            cluster = Cluster(
                binaries=find_binaries(places).postgres,
                data=data,
                sockets=sockets,
                owner=places.owner,
                durable=durable,
                tcp_port=_tcp_port(),
            )
            cluster.start(supervisor)
            services = replace(
                services,
                database_url=cluster.url(OWNER),
                role_urls={role.name: cluster.url(role) for role in ROLES},
            )
        if not services.redis_url:
            valkey = Valkey(find_binaries(places).valkey_server, sockets, places.owner)
            valkey.start(supervisor)
            services = replace(services, redis_url=valkey.url(), cache_url=valkey.url(database=1))
        yield services


def _as_the_environment_says(services: Services) -> Services:
    """What the environment names wins over what we would start or share."""
    if named := os.environ.get("DATABASE_URL"):
        services = replace(services, database_url=named, role_urls={})
    if redis_url := os.environ.get("REDIS_URL"):
        cache_url = os.environ.get("CACHE_URL") or redis_url
        services = replace(services, redis_url=redis_url, cache_url=cache_url)
    return services


def _tcp_port() -> int | None:
    text = os.environ.get("PG_PORT", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and 1024 <= int(text) <= 65535):
        raise LocalProblem(f"PG_PORT is {text!r}, not a port from 1024 to 65535")
    return int(text)


def _sockets(places: Places) -> AbstractContextManager[Path]:
    return fresh_directory(SOCKET_ROOT, f"{APP}-", places.owner)


@contextmanager
def _lock(places: Places) -> Iterator[IO[str] | None]:
    """The supervisor's lock, or None while another holds it. It dies with its process."""
    with (places.dev / "supervisor.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
        else:
            yield lock


def _guest_book(places: Places) -> IO[str]:
    """Locked shared by those who use another's services, and whole by the host before it stops."""
    return (places.dev / "guests.lock").open("w")


def _is_ours_alone(book: IO[str]) -> bool:
    try:
        fcntl.flock(book, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read_announcement(places: Places) -> Mapping[str, Any] | None:
    """What the running supervisor says of itself; None if there is none or it is starting."""
    try:
        announcement: Mapping[str, Any] = json.loads((places.dev / "services.json").read_text())
        os.kill(announcement["pid"], 0)
    except (FileNotFoundError, json.JSONDecodeError, ProcessLookupError):
        # The last two are what a killed supervisor leaves: half a file, or a whole one.
        return None
    return announcement


def _announced(places: Places) -> Services | None:
    announcement = _read_announcement(places)
    return None if announcement is None else Services(**announcement["services"])


def _who(places: Places) -> str:
    announcement = _read_announcement(places)
    return "still starting" if announcement is None else f"process {announcement['pid']}"
