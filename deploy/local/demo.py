"""The demo's processes in their order: services, migrations, web, worker, beat, then the story.

The web answers before the story begins, because the story's events come in through HTTP like
anybody's. What the story tells is demo's business.
"""

import os
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.db.roles import WEB, WORKER
from deploy.local import tables
from deploy.local.children import Command
from deploy.local.commands import MIGRATION, child_environment, clean
from deploy.local.places import Places, find_places
from deploy.local.problems import Interrupted, LocalProblem
from deploy.local.services import Services, own_services, throwaway_services
from deploy.local.supervisor import Supervisor

_HOST = "127.0.0.1"


def demo(arguments: Sequence[str]) -> int:
    """Everything on one machine, until Ctrl-C. `--reset` starts over."""
    url = free_url()
    if "--reset" in arguments:
        clean([])
    places = find_places()
    supervisor = Supervisor(places.logs)
    with own_services(places, supervisor) as services:
        supervisor.say("PostgreSQL and Valkey are up.")
        environment = child_environment(services, "development") | {
            "DEBUG": os.environ.get("DEBUG", "0"),
            "ENVIRONMENT_NAME": "DEMO",
            "SITE_URL": url,
            # Celery warns of root's rights at every start; here root chose to try it out.
            "PYTHONWARNINGS": "ignore:You're running the worker with superuser",
        }
        try:
            application = Application(supervisor, services, environment, places, are_kept=True)
            application.start(url)
            supervisor.keep_running()
            _tell_the_story(application, url)
            supervisor.wait_for_ever()
        except Interrupted:
            supervisor.say("\nStopping. The data stays for the next time.")
    return 0


def faults(_arguments: Sequence[str]) -> int:
    """The demo's processes over nothing, harmed under load; what is found is the exit status."""
    url = free_url()
    places = find_places()
    supervisor = Supervisor(places.logs)
    with throwaway_services(places, supervisor, durable=True) as services:
        environment = child_environment(services, "development") | {"DEBUG": "0"}
        application = Application(supervisor, services, environment, places, are_kept=False)
        application.start(url)
        supervisor.keep_running()
        programme = Command(
            name="faults",
            argv=[sys.executable, "-m", "tests.faults", "--url", url],
            environment=environment,
            cwd=places.project,
            plain=True,
        )
        return supervisor.wait_for(supervisor.start(programme))


@dataclass(frozen=True)
class Application:
    """The processes of one installation: each connects as the role that it is in production."""

    supervisor: Supervisor
    services: Services
    environment: Mapping[str, str]
    places: Places
    are_kept: bool

    def start(self, url: str) -> None:
        """Start web, tables, beat and worker, and wait until the web answers."""
        # The web loads while the tables are made; nobody has been told of it yet.
        self.supervisor.start(
            self._web(
                *("web", "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"),
                *("--bind", url.removeprefix("http://"), "--workers", "2"),
                *("--graceful-timeout", "5", "--log-level", "warning"),
            )
        )
        if os.environ.get("DATABASE_URL") or not self.are_kept:
            self._migrate()
        else:
            tables.bring_up_to_date(self.places, self.supervisor, self._migrate)
        celery = ("-m", "celery", "--app", "config", "--quiet")
        self.supervisor.start(self.worker("beat", *celery, "beat", "--loglevel", "WARNING"))
        self.supervisor.start(
            self.worker(
                *("worker", *celery, "worker", "--loglevel", "WARNING"),
                *(*_pool(), "--without-mingle"),
            )
        )
        self.supervisor.wait_until(lambda: _answers(url), "the web server", timeout_s=60)

    def _migrate(self) -> None:
        self.supervisor.say("Bringing the tables up to date …")
        for command in MIGRATION:
            owner = self._python("migrate", "manage.py", *command, url=self.services.database_url)
            finish(self.supervisor, owner)

    def _web(self, name: str, *arguments: str) -> Command:
        return self._python(name, *arguments, url=self.services.url_of(WEB))

    def worker(self, name: str, *arguments: str) -> Command:
        """A command that connects as a worker does."""
        return self._python(name, *arguments, url=self.services.url_of(WORKER))

    def _python(self, name: str, *arguments: str, url: str) -> Command:
        return Command(
            name=name,
            argv=[sys.executable, *arguments],
            environment={**self.environment, "DATABASE_URL": url},
            cwd=self.places.project,
            quiet=not self.are_kept,
        )


def _tell_the_story(application: Application, url: str) -> None:
    story = application.worker("demo", "-m", "demo", "--url", url)
    finish(application.supervisor, replace(story, plain=True))
    application.supervisor.say(f"\nReady at {url}   (Ctrl-C stops everything)")


def finish(supervisor: Supervisor, command: Command) -> None:
    """Run this to its end. Raises: LocalProblem, with its last lines."""
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


def free_url() -> str:
    """Where the web will answer: PORT, or 8000, which nobody uses yet.

    Raises: LocalProblem.
    """
    return f"http://{_HOST}:{_free_port()}"


def _free_port() -> int:
    """Checked before anything starts."""
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
