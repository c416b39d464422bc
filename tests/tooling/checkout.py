"""A checkout of its own for tests of the supervisor: nothing of the real one's data or locks."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[2]
_MANAGE = """
import os, sys, time
if sys.argv[1] == "migrate":
    print("tables made", file=sys.stderr)
    if "TABLES" in os.environ:
        time.sleep(float(os.environ["TABLES"]))
if sys.argv[1] == "addresses":
    print(os.environ["DATABASE_URL"], os.environ["REDIS_URL"])
if sys.argv[1] == "wait":
    time.sleep(60)
if sys.argv[1] == "fail":
    sys.exit(7)
"""


# A web page, a worker and a story that are nobody's: small enough to start in a second.
_APPLICATION = {
    "config/__init__.py": """
import os
from urllib.parse import urlsplit
from celery import Celery
celery = Celery(broker="redis+socket://" + urlsplit(os.environ["REDIS_URL"]).path, fixups=[])
celery.conf.beat_scheduler = "celery.beat:Scheduler"
""",
    "config/wsgi.py": """
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"the books"]
""",
    "demo/__main__.py": """
import os, sys, time, urllib.request
print("the web says", urllib.request.urlopen(sys.argv[2]).read().decode())
if os.environ.get("STORY") == "fails":
    sys.exit("the story broke off")
while os.environ.get("STORY") == "goes on":
    print("and then", flush=True)
    time.sleep(0.1)
""",
}


class Checkout:
    """The supervisor's code in a directory of its own, and what it started."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._started: list[subprocess.Popen[str]] = []
        shutil.copytree(PROJECT / "deploy", directory / "deploy")
        (directory / "core/db").mkdir(parents=True)
        for name in ("core/__init__.py", "core/db/__init__.py", "core/db/roles.py"):
            shutil.copy(PROJECT / name, directory / name)
        (directory / "manage.py").write_text(_MANAGE)
        for name, text in _APPLICATION.items():
            (directory / name).parent.mkdir(exist_ok=True)
            (directory / name).write_text(text)

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        """Starts `python -m deploy.local ARGUMENTS` without the services of the test run."""
        process = subprocess.Popen(
            [sys.executable, "-m", "deploy.local", *arguments],
            cwd=self.directory,
            env=_environment(variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._started.append(process)
        return process

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "deploy.local", *arguments],
            cwd=self.directory,
            env=_environment(variables),
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    def services(self) -> dict[str, Any]:
        """Waits for the running supervisor to be ready and answers the addresses."""
        announcement = self.directory / ".dev" / "services.json"
        wait_until(announcement.exists)
        found: dict[str, Any] = json.loads(announcement.read_text())["services"]
        return found

    def end(self) -> None:
        for process in self._started:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            # Read to the end: what says much while it ends would wait for a reader for ever.
            if process.stdout is not None and not process.stdout.closed:
                process.communicate(timeout=120)
            process.wait(timeout=120)
            if process.stderr is not None:
                process.stderr.close()
        self.run("clean")


def _environment(variables: dict[str, str]) -> dict[str, str]:
    ours = {"DATABASE_URL", "REDIS_URL", "CACHE_URL", "DJANGO_SETTINGS_MODULE"}
    return {key: value for key, value in os.environ.items() if key not in ours} | variables


def wait_until(is_so: Callable[[], bool], within_s: float = 120) -> None:
    """Looks until something is so. The bound is for what never happens: a busy machine is slow."""
    deadline = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.05)


def processes_using(text: str) -> list[str]:
    """The live processes with this text in their command line or environment, ours left out."""
    return [line for pid, line in _processes().items() if text in line and pid != os.getpid()]


def started_by(parent: int, name: str) -> int:
    """The child of that process with this program or word in its command line; 0 if there is none.

    From /proc, so on Linux only.
    """
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(FileNotFoundError, ProcessLookupError):
            is_child = f"PPid:\t{parent}\n" in (process / "status").read_text()
            # Some write their title over their arguments, with spaces in it.
            words = (process / "cmdline").read_text().replace("\0", " ").split()
            if is_child and name in [word.rpartition("/")[2] for word in words]:
                return int(process.name)
    return 0


def _processes() -> dict[int, str]:
    """From /proc where there is one: a bare machine has no ps. A zombie's line is empty."""
    if not Path("/proc/self").exists():
        listing = subprocess.run(
            ["ps", "-axeww", "-o", "pid=,args="], capture_output=True, text=True, check=True
        ).stdout.splitlines()
        return {int(line.split(None, 1)[0]): line for line in listing}
    lines: dict[int, str] = {}
    for process in Path("/proc").glob("[0-9]*"):
        # A process may end between being listed and being read.
        with suppress(FileNotFoundError, ProcessLookupError):
            words = (process / "cmdline").read_bytes()
            with suppress(PermissionError):
                words += (process / "environ").read_bytes()
            lines[int(process.name)] = words.replace(b"\0", b" ").decode("utf-8", "replace")
    return lines


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    directory = tmp_path / "checkout"
    directory.mkdir()
    made = Checkout(directory)
    yield made
    made.end()
