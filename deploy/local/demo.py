"""The demo's processes in their order: services, migrations, web, worker, beat, then the story.

The web answers before the story begins, because the story's events come in through HTTP like
anybody's. What the story tells is demo's business.
"""

import os
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from deploy.local import tables
from deploy.local.children import Command
from deploy.local.commands import child_environment, clean
from deploy.local.places import Places, find_places
from deploy.local.problems import Interrupted, LocalProblem
from deploy.local.services import own_services, throwaway_services
from deploy.local.supervisor import Supervisor

_HOST = "127.0.0.1"


def demo(arguments: Sequence[str]) -> int:
    """Everything on one machine, until Ctrl-C. `--reset` starts over."""
    port = _free_port()
    if "--reset" in arguments:
        clean([])
    places = find_places()
    supervisor = Supervisor(places.logs)
    with own_services(places, supervisor) as services:
        supervisor.say("PostgreSQL and Valkey are up.")
        url = f"http://{_HOST}:{port}"
        environment = child_environment(services, "development") | {
            "DEBUG": os.environ.get("DEBUG", "0"),
            "ENVIRONMENT_NAME": "DEMO",
            "SITE_URL": url,
            # Celery warns of root's rights at every start; here root chose to try it out.
            "PYTHONWARNINGS": "ignore:You're running the worker with superuser",
        }
        try:
            _start_application(supervisor, environment, places, url, are_kept=True)
            supervisor.keep_running()
            _tell_the_story(supervisor, environment, places.project, url)
            supervisor.wait_for_ever()
        except Interrupted:
            supervisor.say("\nStopping. The data stays for the next time.")
    return 0


def faults(_arguments: Sequence[str]) -> int:
    """The demo's processes over nothing, harmed under load; what is found is the exit status."""
    url = f"http://{_HOST}:{_free_port()}"
    places = find_places()
    supervisor = Supervisor(places.logs)
    with throwaway_services(places, supervisor, durable=True) as services:
        environment = child_environment(services, "development") | {"DEBUG": "0"}
        _start_application(supervisor, environment, places, url, are_kept=False)
        supervisor.keep_running()
        programme = Command(
            name="faults",
            argv=[sys.executable, "-m", "tests.faults", "--url", url],
            environment=environment,
            cwd=places.project,
            plain=True,
        )
        return supervisor.wait_for(supervisor.start(programme))


def _start_application(
    supervisor: Supervisor,
    environment: dict[str, str],
    places: Places,
    url: str,
    *,
    are_kept: bool,
) -> None:
    def python(name: str, *arguments: str) -> Command:
        argv = [sys.executable, *arguments]
        return Command(
            name=name, argv=argv, environment=environment, cwd=places.project, quiet=not are_kept
        )

    def migrate() -> None:
        supervisor.say("Bringing the tables up to date …")
        _finish(supervisor, python("migrate", "manage.py", "migrate", "--no-input", "-v", "0"))

    # The web loads while the tables are made; nobody has been told of it yet.
    supervisor.start(
        python(
            *("web", "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"),
            *("--bind", url.removeprefix("http://"), "--workers", "2"),
            *("--graceful-timeout", "5", "--log-level", "warning"),
        )
    )
    if os.environ.get("DATABASE_URL") or not are_kept:
        migrate()
    else:
        tables.bring_up_to_date(places, supervisor, migrate)
    celery = ("-m", "celery", "--app", "config", "--quiet")
    supervisor.start(python("beat", *celery, "beat", "--loglevel", "WARNING"))
    supervisor.start(
        python("worker", *celery, "worker", "--loglevel", "WARNING", *_pool(), "--without-mingle")
    )
    supervisor.wait_until(lambda: _answers(url), "the web server", timeout_s=60)


def _tell_the_story(
    supervisor: Supervisor, environment: dict[str, str], project: Path, url: str
) -> None:
    story = Command(
        name="demo",
        argv=[sys.executable, "-m", "demo", "--url", url],
        environment=environment,
        cwd=project,
        plain=True,
    )
    _finish(supervisor, story)
    supervisor.say(f"\nReady at {url}   (Ctrl-C stops everything)")


def _finish(supervisor: Supervisor, command: Command) -> None:
    child = supervisor.start(command)
    status = supervisor.wait_for(child)
    if status:
        tail = "\n".join(f"  {line}" for line in child.last_lines)
        raise LocalProblem(f"{command.name} ended with status {status}. Its last lines:\n{tail}")


def _pool() -> tuple[str, ...]:
    """Processes where the machine lets us have their semaphores, threads where it does not."""
    if sys.platform == "linux" and os.access("/dev/shm", os.W_OK):  # noqa: S108  only asked
        return ("--pool", "prefork", "--concurrency", "2")
    return ("--pool", "threads", "--concurrency", "4")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/staff/login/", timeout=30):  # noqa: S310  our own URL
            return True
    except urllib.error.HTTPError:
        # It answers; what, is for the tests to judge.
        return True
    except OSError:
        return False


def _free_port() -> int:
    """PORT, or 8000; checked before anything starts."""
    text = os.environ.get("PORT", "8000")
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65_536):
        raise LocalProblem(f"PORT is {text!r}, not a port number")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, int(text)))
        except OSError as error:
            raise LocalProblem(
                f"port {text} is taken; `make demo PORT=8010` uses another"
            ) from error
    return int(text)
