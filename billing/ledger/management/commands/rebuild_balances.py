"""Make the balances that are kept added up anew from the journals, and compare before and after."""

from typing import Any

from django.core.management.base import CommandParser

from billing.ledger.invariants import kept_balances_agree
from billing.ledger.operations import balances
from core.clock import now
from core.commands import ActingCommand


class Command(ActingCommand):
    """Says what did not agree before; afterwards everything does."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """--compare only looks."""
        parser.add_argument("--compare", action="store_true", help="Compare, and change nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare, then drop and add up again."""
        before = kept_balances_agree()
        self.stdout.write(
            f"{before.examined:,} months of books were kept; {before.violations:,} did not agree."
        )
        for each in before.sample_ids:
            self.stdout.write(f"  {each}")
        if options["compare"]:
            return
        balances.rebuild(at=now())
        after = kept_balances_agree()
        self.stdout.write(f"{after.examined:,} months of books are kept now, and all agree.")
