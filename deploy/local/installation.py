"""An installation of one's own on this machine: empty, kept, with production's settings.

Like the demo it needs nothing but this checkout; unlike it nobody plays in it, it has keys of its
own and a backup, and `make clean` leaves it alone. Its data lies in `.own/` (for root in /var/tmp,
see places).
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

import psycopg

from core.db.roles import BACKUP, WORKER
from deploy.local.binaries import find_binaries
from deploy.local.children import Command
from deploy.local.commands import child_environment, run_in
from deploy.local.demo import Application, finish, free_url
from deploy.local.places import Places, find_places, remove_everything
from deploy.local.problems import Interrupted
from deploy.local.services import Services, exclusive_use, own_services
from deploy.local.supervisor import Supervisor

_NAME = ".own"
_NOBODY = """
Nobody can sign in yet. In another terminal, once:

  make manage CMD='found_staff --operator olga "Olga Ruiz" olga@example.com \\
      --approver felix "Felix Braun" felix@example.com'

Each chooses a password behind the link it prints. docs/first-invoice.md goes on from there.
"""


def serve(arguments: Sequence[str]) -> int:
    """The installation, until Ctrl-C. `--reset` deletes what there is, the backup too."""
    url = free_url()
    places = find_places(name=_NAME)
    if "--reset" in arguments:
        with exclusive_use(places):
            remove_everything(places)
        places = find_places(name=_NAME)
    supervisor = Supervisor(places.logs)
    with own_services(places, supervisor) as services:
        supervisor.say("PostgreSQL and Valkey are up.")
        # Where links in letters lead, also in those that a command writes.
        (places.dev / "url").write_text(url)
        own = _variables(places)
        application = Application(
            supervisor,
            services,
            child_environment(services, "production") | own,
            places,
            are_kept=True,
        )
        try:
            collected = application.worker("static", "manage.py", "collectstatic", "--no-input")
            finish(supervisor, collected)
            application.start(url)
            if BACKUP.name in services.role_urls:
                supervisor.start(_backup(places, services))
            supervisor.keep_running()
            supervisor.say(f"\nReady at {url}   (Ctrl-C stops everything, the data stays)")
            if not _has_people(services):
                supervisor.say(_NOBODY)
            supervisor.wait_for_ever()
        except Interrupted:
            supervisor.say("\nStopping. The data stays for the next time.")
    return 0


def manage(arguments: Sequence[str]) -> int:
    """A management command in the installation, whether it runs or not."""
    places = find_places(name=_NAME)
    return run_in(places, arguments, _variables(places))


def _variables(places: Places) -> dict[str, str]:
    """Production's settings, for a browser on this machine; what the environment names wins."""
    chosen = {
        "DJANGO_SETTINGS_MODULE": "config.settings.production",
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "PLAIN_HTTP": "1",
        "SITE_URL": _last_url(places),
        "EMAIL_URL": "log:",
        "LOG_JSON": "0",
        "PAPERS_DIR": str(places.dev / "papers"),
        # Celery warns of root's rights at every start; here root chose to try it out.
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser",
        **_keys(places.dev / "keys.json"),
    }
    return {name: os.environ.get(name, value) for name, value in chosen.items()}


def _last_url(places: Places) -> str:
    try:
        return (places.dev / "url").read_text()
    except FileNotFoundError:
        return "http://127.0.0.1:8000"


def _keys(kept: Path) -> dict[str, str]:
    """The installation's own, made once."""
    if not kept.exists():
        made = {name: secrets.token_hex(32) for name in ("SECRET_KEY", "PROOF_SIGNING_KEY")}
        with os.fdopen(os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(made, file)
    read: dict[str, str] = json.loads(kept.read_text())
    return read


def _backup(places: Places, services: Services) -> Command:
    directory = places.state / "backup"
    directory.mkdir(mode=0o700, exist_ok=True)
    places.owner.take(directory)
    return Command(
        name="backup",
        argv=["/bin/sh", places.project / "deploy/backup/keep"],
        environment={
            "PATH": f"{find_binaries(places).postgres}:/usr/bin:/bin",
            "BACKUP_URL": services.url_of(BACKUP),
            "BACKUP_DIR": str(directory),
        },
        owner=places.owner,
        quiet=True,
    )


def _has_people(services: Services) -> bool:
    with psycopg.connect(services.url_of(WORKER)) as connection:
        found = connection.execute("SELECT EXISTS (SELECT FROM accounts_user)").fetchone()
    return found is not None and bool(found[0])
