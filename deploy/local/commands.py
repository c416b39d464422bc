"""What `python -m deploy.local NAME` does. The Makefile's targets are one line over these."""

import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from core.db.roles import WORKER
from deploy.local import tables
from deploy.local.binaries import psql_path
from deploy.local.children import Command
from deploy.local.places import Places, find_places, remove_everything
from deploy.local.problems import Interrupted, LocalProblem
from deploy.local.services import (
    Services,
    exclusive_use,
    own_services,
    shared_services,
    throwaway_services,
)
from deploy.local.supervisor import Supervisor

MIGRATION = (("migrate", "--no-input", "-v", "0"), ("database_rights", "-v", "0"))
"""What bin/release does, as the owner: the tables, then who may do what with them."""
_OWNERS = frozenset({"migrate", "makemigrations", "database_rights", "dbshell"})
"""The commands that are the owner's; all others are a worker's, here as in production."""


def test(arguments: Sequence[str]) -> int:
    """The test suite on services that are thrown away; all of it on several cores."""
    arguments = arguments or ["--numprocesses", str(min(os.cpu_count() or 1, 4)), "--quiet"]
    places = find_places()
    supervisor = Supervisor(places.logs)
    with throwaway_services(places, supervisor) as services:
        argv = [sys.executable, "-m", "pytest", *arguments]
        return _in_foreground(supervisor, places, argv, child_environment(services, "test"))


def bench(arguments: Sequence[str]) -> int:
    """The benchmarks, on services that are thrown away but write as durably as production's."""
    return _measure("benchmarks", arguments)


def pages(arguments: Sequence[str]) -> int:
    """What every page costs, on services like the benchmarks'."""
    return _measure("benchmarks.pages", arguments)


def _measure(module: str, arguments: Sequence[str]) -> int:
    places = find_places()
    supervisor = Supervisor(places.logs)
    with throwaway_services(places, supervisor, durable=True) as services:
        argv = [sys.executable, "-m", module, *arguments]
        return _in_foreground(supervisor, places, argv, child_environment(services, "development"))


def run(arguments: Sequence[str]) -> int:
    """A management command on the kept data, whose tables are brought up to date before."""
    return run_in(find_places(), arguments)


def run_in(
    places: Places, arguments: Sequence[str], variables: Mapping[str, str] | None = None
) -> int:
    """The same in one installation of this checkout, with variables of its own."""
    supervisor = Supervisor(places.logs)
    with shared_services(places, supervisor) as services:
        # The tables of a database that the environment names are its owner's business.
        if not os.environ.get("DATABASE_URL"):
            if "migrate" in arguments[:1]:
                tables.forget(places)
            else:
                _migrate(supervisor, places, services, variables)
        argv = [sys.executable, "manage.py", *arguments]
        is_owners = _OWNERS.intersection(arguments[:1])
        url = services.database_url if is_owners else services.url_of(WORKER)
        environment = child_environment(services, "development", database_url=url)
        return _in_foreground(supervisor, places, argv, environment | dict(variables or {}))


def _migrate(
    supervisor: Supervisor,
    places: Places,
    services: Services,
    variables: Mapping[str, str] | None,
) -> None:
    """Says so on standard error: standard output is the command's own."""

    def migrate() -> None:
        print("Bringing the tables up to date …", file=sys.stderr, flush=True)
        for command in MIGRATION:
            argv = [sys.executable, "manage.py", *command]
            environment = child_environment(services, "development") | dict(variables or {})
            status = _in_foreground(supervisor, places, argv, environment)
            if status:
                raise LocalProblem(f"the tables could not be brought up to date (status {status})")

    tables.bring_up_to_date(places, supervisor, migrate)


def shell(arguments: Sequence[str]) -> int:
    """Django's shell on the kept data."""
    return run(["shell", *arguments])


def psql(arguments: Sequence[str]) -> int:
    """psql on the kept data."""
    places = find_places()
    supervisor = Supervisor(places.logs)
    with shared_services(places, supervisor) as services:
        argv: list[str | Path] = [psql_path(), services.database_url, *arguments]
        return _in_foreground(supervisor, places, argv, child_environment(services, "development"))


def services(_arguments: Sequence[str]) -> int:
    """The services alone, until Ctrl-C."""
    places = find_places()
    supervisor = Supervisor(places.logs)
    with own_services(places, supervisor) as found:
        for name, value in found.environment().items():
            supervisor.say(f"export {name}='{value}'")
        supervisor.keep_running()
        with suppress(Interrupted):
            supervisor.wait_for_ever()
    return 0


def clean(_arguments: Sequence[str]) -> int:
    """Deletes the kept data of this checkout."""
    places = find_places()
    with exclusive_use(places):
        remove_everything(places)
    return 0


def child_environment(
    services: Services, settings: str, *, database_url: str = ""
) -> dict[str, str]:
    """The caller's environment, the services' addresses, and settings unless already chosen.

    Connects as the owner, unless told otherwise.
    """
    return {
        "DJANGO_SETTINGS_MODULE": f"config.settings.{settings}",
        "PYTHONUNBUFFERED": "1",
        # Whoever wants to see what a role is refused connects as that role.
        "DATABASE_ROLE_URLS": json.dumps(dict(services.role_urls)),
        **os.environ,
        **services.environment(database_url),
    }


def _in_foreground(
    supervisor: Supervisor,
    places: Places,
    argv: Sequence[str | Path],
    environment: Mapping[str, str],
) -> int:
    command = Command(
        name="foreground",
        argv=argv,
        environment=environment,
        cwd=places.project,
        stop_signal=signal.SIGTERM,
        foreground=True,
    )
    status = supervisor.wait_for_foreground(supervisor.start(command))
    # The shell's convention for a child that a signal ended.
    return 128 - status if status < 0 else status
