"""Put a newer policy of revenue in force: when which kind, product and price is earned."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from billing.closing.recognition_policy import adopt
from core.actor import current_actor, current_reason
from core.clock import now
from core.commands import ActingCommand
from core.errors import DomainError
from core.json_reader import read_json

_MAX_BYTES = 1_000_000


class Command(ActingCommand):
    """What is scheduled keeps the policy it was scheduled by."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """The document."""
        parser.add_argument("file", help="A JSON document; docs/closing.md says which.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, check and adopt it."""
        try:
            document = read_json(Path(options["file"]).read_bytes(), max_bytes=_MAX_BYTES)
            policy = adopt(document, at=now(), by=current_actor(), reason=current_reason())
        except (DomainError, OSError) as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(f"Version {policy.version} is in force.")
