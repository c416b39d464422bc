"""Check a month of the books: its five totals, and what is missing before it can be locked."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from billing.closing.months import read_month
from billing.closing.operations import check_work
from billing.closing.operations.recognition import recognise
from billing.closing.queries.closes import ClosePair, standing
from billing.closing.queries.totals import differing_invoices
from core.actor import current_actor, current_reason
from core.clock import now
from core.commands import ActingCommand
from core.errors import DomainError


class Command(ActingCommand):
    """Signing and locking take two persons, so they are done on the page of the month."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """The month; --recognise puts its revenue right first."""
        parser.add_argument("--month", required=True, help="Such as 2026-10.")
        parser.add_argument("--recognise", action="store_true", help="Recognise revenue first.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the chain and what is missing. Raises: CommandError where a total differs."""
        at = now()
        try:
            month = read_month(options["month"])
            if options["recognise"]:
                recognise(month=month, at=at, by=current_actor(), reason=current_reason())
            check_work.finish(check_work.ask(month=month, at=at, by=current_actor()), clock=now)
        except DomainError as refused:
            raise CommandError(refused.message) from refused
        found = standing(month, at=at)
        for pair in found.pairs:
            self.stdout.write(_line(pair))
        for count in found.counts:
            waived = f", waived by {count.waiver.waived_by}" if count.waiver else ""
            self.stdout.write(f"{count.count:>20,}  {count.title}{waived}")
        for sentence in found.missing:
            self.stdout.write(sentence)
        if not all(pair.agrees for pair in found.pairs):
            named = ", ".join(differing_invoices(month)) or "none of them is an invoice"
            raise CommandError(f"The totals of {month} differ: {named}.")


def _line(pair: ClosePair) -> str:
    return f"{pair.left!s:>20}  {pair.right!s:>20}  difference {pair.difference!s}  {pair.code}"
