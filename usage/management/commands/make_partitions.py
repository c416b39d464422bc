"""Make the event table's day partitions ahead of time."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from core.clock import now
from core.commands import ActingCommand
from usage.partitions import DAYS_AHEAD, ensure_ahead

DAYS_MAX = 366
"""A partition is a table, and what makes thousands of them is a slip of the finger."""


class Command(ActingCommand):
    help = "Make the day partitions of the event table for the coming days."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--days", type=int, default=DAYS_AHEAD, help=f"How many days ahead, 0 to {DAYS_MAX}."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not 0 <= options["days"] <= DAYS_MAX:
            raise CommandError(
                f"Days ahead are 0 to {DAYS_MAX}, not {options['days']}. Nothing was made."
            )
        made = ensure_ahead(at=now(), days=options["days"])
        self.stdout.write(f"{len(made)} partitions made")
