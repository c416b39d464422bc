"""Export the journals of a month as files: one a batch, and the same files when asked again."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from billing.closing.months import read_month
from billing.closing.operations import journal_batches
from billing.closing.queries.journal_file import bytes_of, file_of, name_of
from core.actor import current_actor
from core.clock import now
from core.commands import ActingCommand
from core.errors import DomainError


class Command(ActingCommand):
    """Writes every batch of the month."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """The month, and where its files go."""
        parser.add_argument("--month", required=True, help="Such as 2026-10.")
        parser.add_argument("--into", default=".", help="A directory that exists.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make a batch of what is new, and write all batches."""
        directory = Path(options["into"])
        if not directory.is_dir():
            raise CommandError(f"{directory} is no directory.")
        try:
            month = read_month(options["month"])
            batches = journal_batches.export(month=month, at=now(), by=current_actor())
        except DomainError as refused:
            raise CommandError(refused.message) from refused
        for batch in batches:
            (directory / f"{name_of(batch)}.csv").write_bytes(bytes_of(file_of(batch)))
            self.stdout.write(
                f"{name_of(batch)}.csv: {batch.journal_count:,} journals, {batch.sha256}"
            )
