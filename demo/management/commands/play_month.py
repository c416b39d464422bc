"""Plays the month before now through a running server, bills it, and prints how to sign in."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.clock import now
from core.commands import instant_option
from demo.billing_month import MonthNotBilled
from demo.sending.client import SendingFailed
from demo.story import StoryBroken, tell


class Command(BaseCommand):
    """Does each step once: on kept data it only prints the ways in again."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--base-url", required=True, help="Where the server answers.")
        parser.add_argument("--seed", default="counterfoil", help="Another one, another platform.")
        parser.add_argument(
            "--until", type=instant_option, help="Play up to this instant; default now."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            tell(
                base_url=options["base_url"],
                seed=options["seed"],
                at=options["until"] or now(),
                out=sys.stdout,
            )
        except (StoryBroken, SendingFailed, MonthNotBilled) as broken:
            raise CommandError(str(broken)) from broken
