"""Make the papers that are due in this process, and say how far it is."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from billing.papers.models import PaperFile
from billing.papers.operations import making, planning
from billing.papers.queries.papers import outstanding
from core.actor import current_actor, current_reason
from core.clock import now
from core.commands import ActingCommand
from core.errors import DomainError


class Command(ActingCommand):
    """Make the papers that are due: invoices, credit notes, voids, in every format."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """What else to do; without options, what is due is made."""
        parser.add_argument(
            "--release", action="store_true", help="Try what was set aside again first."
        )
        parser.add_argument(
            "--restore", metavar="PFL_ID", help="Make the lost bytes of one file again."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Plan, make, and print the counts."""
        if options["restore"]:
            self._restore(options["restore"])
            return
        if options["release"]:
            making.release_parked(at=now(), by=current_actor(), reason=current_reason())
        planned = 0
        while found := planning.plan(at=now()):
            planned += found
        made = 0
        while files := making.claim_files(at=now()):
            made += making.make(files, at=now())
        left = outstanding(at=now())
        self.stdout.write(
            f"{planned} papers planned, {made} files settled, "
            f"{left.waiting} waiting, {left.parked} set aside"
        )

    def _restore(self, public_id: str) -> None:
        file = PaperFile.objects.filter(public_id=public_id).first()
        if file is None:
            raise CommandError(f"There is no file {public_id}.")
        try:
            making.make_again(file)
        except DomainError as refused:
            raise CommandError(refused.message) from refused
        self.stdout.write(f"{file} is the same as it was made: {file.sha256}")
