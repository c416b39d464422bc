"""Import a CSV file of a bank or gateway: every row once, booked where it is certain."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from billing.receivables.operations.bank_files import BankImport, BankUpload, dry_run, import_file
from billing.receivables.operations.settling import Recorded
from billing.receivables.policies.bank_formats import STANDARD_CODE
from billing.receivables.queries.rule_versions import bank_format
from core.actor import current_actor, current_reason
from core.clock import now
from core.commands import ActingCommand
from core.errors import DomainError

NOT_ALL_SETTLED = 3
"""Exit status where rows wait for a person; 1 is a file that was refused."""


class Command(ActingCommand):
    """Prints what became of each row; ends with 3 where any waits for a person."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """The file, whose it is, and how it is read."""
        parser.add_argument("file", type=Path, help="A CSV file.")
        parser.add_argument(
            "--bank-account", required=True, help="Which account of ours it is of: bank:house-bank."
        )
        parser.add_argument("--format", default=STANDARD_CODE, help="The name of its format.")
        parser.add_argument(
            "--dry-run", action="store_true", help="Say what it would do, and do nothing."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Import and print."""
        path: Path = options["file"]
        at = now()
        recorded = Recorded(at, current_actor(), current_reason())
        try:
            upload = BankUpload(
                content=path.read_bytes(),
                name=path.name,
                bank_account=options["bank_account"],
                form=bank_format(options["format"], at=at),
            )
            done = (dry_run if options["dry_run"] else import_file)(
                upload=upload, recorded=recorded
            )
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror or error}.") from error
        except DomainError as refused:
            raise CommandError(f"{path}: {refused.message} ({refused.code})") from refused
        self._tell(done, is_dry=options["dry_run"])

    def _tell(self, done: BankImport, *, is_dry: bool) -> None:
        if done.is_same_file:
            self.stdout.write(f"This file was imported before, as {done.file.public_id}.")
            return
        for each in done.rows:
            amount = each.row.amount or "–"
            self.stdout.write(f"line {each.row.line}  {amount}  {each.fate}  {each.why}")
        counted = ", ".join(f"{count} {fate}" for fate, count in sorted(done.counts.items()))
        self.stdout.write(f"{len(done.rows)} new, {done.known} known: {counted or 'nothing'}")
        if is_dry:
            self.stdout.write("Nothing was imported: this is a dry run.")
        elif done.counts["suggested"] or done.counts["unmatched"]:
            raise CommandError("Some rows wait for a person.", returncode=NOT_ALL_SETTLED)
