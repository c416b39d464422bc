"""What `python -m deploy.local NAME` does. The Makefile's targets are one line over these."""

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

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


def test(arguments: Sequence[str]) -> int:
    """The test suite on services that are thrown away; all of it on several cores."""
    arguments = arguments or ["--numprocesses", str(min(os.cpu_count() or 1, 4)), "--quiet"]
    places = find_places()
    supervisor = Supervisor(places.logs)
    with throwaway_services(places, supervisor) as services:
        return _in_foreground(
            supervisor, places, services, [sys.executable, "-m", "pytest", *arguments], "test"
        )


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
        return _in_foreground(
            supervisor, places, services, [sys.executable, "-m", module, *arguments]
        )


def run(arguments: Sequence[str]) -> int:
    """A management command on the kept data, whose tables are brought up to date before."""
    places = find_places()
    supervisor = Supervisor(places.logs)
    with shared_services(places, supervisor) as services:
        # The tables of a database that the environment names are its owner's business.
        if not os.environ.get("DATABASE_URL"):
            if "migrate" in arguments[:1]:
                tables.forget(places)
            else:
                _migrate(supervisor, places, services)
        argv = [sys.executable, "manage.py", *arguments]
        return _in_foreground(supervisor, places, services, argv)


def _migrate(supervisor: Supervisor, places: Places, services: Services) -> None:
    """Says so on standard error: standard output is the command's own."""

    def migrate() -> None:
        print("Bringing the tables up to date …", file=sys.stderr, flush=True)
        argv = [sys.executable, "manage.py", "migrate", "--no-input", "-v", "0"]
        status = _in_foreground(supervisor, places, services, argv)
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
        return _in_foreground(supervisor, places, services, argv)


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


def child_environment(services: Services, settings: str) -> dict[str, str]:
    """The caller's environment, the services' addresses, and settings unless already chosen."""
    return {
        "DJANGO_SETTINGS_MODULE": f"config.settings.{settings}",
        "PYTHONUNBUFFERED": "1",
        **os.environ,
        **services.environment(),
    }


def _in_foreground(
    supervisor: Supervisor,
    places: Places,
    services: Services,
    argv: Sequence[str | Path],
    settings: str = "development",
) -> int:
    command = Command(
        name="foreground",
        argv=argv,
        environment=child_environment(services, settings),
        cwd=places.project,
        stop_signal=signal.SIGTERM,
        foreground=True,
    )
    status = supervisor.wait_for_foreground(supervisor.start(command))
    # The shell's convention for a child that a signal ended.
    return 128 - status if status < 0 else status
