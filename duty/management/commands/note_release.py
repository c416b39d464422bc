"""Note that this release begins to serve; bin/release says it after the tables are up to date."""

from typing import Any

from django.conf import settings

from core.clock import now
from core.commands import ActingCommand
from duty.operations.releases import note_release


class Command(ActingCommand):
    """Note COUNTERFOIL_VERSION as the release that serves, once."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        version = settings.VERSION
        if note_release(version=version, at=now()):
            self.stdout.write(f"{version} serves from now on.")
