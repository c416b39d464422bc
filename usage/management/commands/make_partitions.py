"""Make the event table's day partitions ahead of time."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from core.clock import now
from core.commands import ActingCommand
from usage.partitions import DAYS_AHEAD, ensure_ahead


class Command(ActingCommand):
    help = "Make the day partitions of the event table for the coming days."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, default=DAYS_AHEAD, help="How many days ahead.")

    def handle(self, *args: Any, **options: Any) -> None:
        made = ensure_ahead(at=now(), days=options["days"])
        self.stdout.write(f"{len(made)} partitions made")
