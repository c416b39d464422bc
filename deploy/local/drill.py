"""The drill of going back: a backup that is kept under load, and what of it can be restored.

Starts all of it over nothing, as `make faults` does, with the backup beside it; what is tried and
measured is tests.faults.restore.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from core.db.roles import BACKUP
from deploy.local.binaries import find_binaries
from deploy.local.children import Command
from deploy.local.commands import child_environment
from deploy.local.demo import Application, free_url
from deploy.local.places import find_places, fresh_directory
from deploy.local.services import throwaway_services
from deploy.local.supervisor import Supervisor


def restore_drill(_arguments: Sequence[str]) -> int:
    """Back up under load, go back to two instants, look at the books; the exit status says."""
    url = free_url()
    places = find_places()
    supervisor = Supervisor(places.logs)
    binaries = find_binaries(places).postgres
    with (
        throwaway_services(places, supervisor, durable=True) as services,
        fresh_directory(places.state, "throwaway-backup-", places.owner) as backup,
    ):
        environment = child_environment(services, "development") | {"DEBUG": "0"}
        Application(supervisor, services, environment, places, are_kept=False).start(url)
        supervisor.start(
            Command(
                name="backup",
                argv=["/bin/sh", places.project / "deploy/backup/keep"],
                environment={
                    "PATH": f"{binaries}:/usr/bin:/bin",
                    "BACKUP_URL": services.url_of(BACKUP),
                    "BACKUP_DIR": str(backup),
                },
                owner=places.owner,
                quiet=True,
            )
        )
        as_whom = {"user": places.owner.uid, "group": places.owner.gid}
        programme = Command(
            name="drill",
            argv=[sys.executable, "-m", "tests.faults.restore", "--url", url],
            environment=environment
            | {
                "DRILL": json.dumps(
                    {"backup": str(backup), "binaries": str(binaries), "as_whom": as_whom}
                )
            },
            cwd=places.project,
            plain=True,
        )
        return supervisor.wait_for(supervisor.start(programme))
