"""Recognise the revenue of a month that is over, and of open months before it that are short."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from billing.closing.months import read_month
from billing.closing.operations.recognition import recognise
from billing.closing.queries.revenue import revenue_of
from core.actor import current_actor, current_reason
from core.clock import now
from core.commands import ActingCommand
from core.errors import DomainError


class Command(ActingCommand):
    """Again, it changes nothing that did not change."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """The month."""
        parser.add_argument("--month", required=True, help="Such as 2026-10.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Recognise, and say what the month earned."""
        try:
            month = read_month(options["month"])
            made = recognise(month=month, at=now(), by=current_actor(), reason=current_reason())
        except DomainError as refused:
            raise CommandError(refused.message) from refused
        self.stdout.write(f"{len(made)} recognitions were made.")
        for each in revenue_of(month):
            self.stdout.write(
                f"{month}: {each.recognised} earned, {each.deferred} deferred, "
                f"{each.unbilled} unbilled"
            )
