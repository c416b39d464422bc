"""The base of every management command that writes: a named job that acts.

Also how every command ends that meets an outage, and how commands read days and instants.
"""

import sys
from argparse import ArgumentTypeError
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from django.core.management import execute_from_command_line
from django.core.management.base import BaseCommand
from django.db import Error

from core.actor import Actor, acting_as
from core.db.outage import outage_of
from core.ids import new_id


def run(argv: Sequence[str]) -> None:
    """Do what a command line asks; where the database is away or too busy, say so and exit with 1.

    A defect keeps its traceback.
    """
    try:
        execute_from_command_line(list(argv))
    except Error as problem:
        if outage_of(problem) is None:
            raise
        said = str(problem.__cause__ or problem).strip().partition("\n")[0]
        sys.stderr.write(
            "The database does not answer, or gave the command up. What it had committed by then "
            f"is kept; run it again. ({said})\n"
        )
        sys.exit(1)


class ActingCommand(BaseCommand):
    """Runs as the system actor named after the command, with a reason a person may give.

    Every such command takes --reason; without one the history says which command was run.
    """

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.add_argument("--reason", default="", help="Why, for the history of what changes.")
        return parser

    def execute(self, *args: Any, **options: Any) -> str | None:
        job = type(self).__module__.rpartition(".")[2]
        with acting_as(
            Actor.system(job),
            reason=options.get("reason") or f"Ran manage.py {job}",
            request_id=new_id("req"),
        ):
            return super().execute(*args, **options)


def day_option(text: str) -> date:
    """A day given to a command. Raises: ArgumentTypeError, in words."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a day such as 2026-11-01.") from None


def instant_option(text: str) -> datetime:
    """An instant given to a command; a day alone means its first instant in UTC.

    Raises: ArgumentTypeError, in words.
    """
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(
            f"{text!r} is neither a day such as 2026-11-01 nor an instant such as "
            "2026-11-01T00:00Z."
        ) from None
    if read.tzinfo is None:
        if len(text) > len("2026-11-01"):
            raise ArgumentTypeError(f"{text!r} lacks its zone; write 2026-11-01T00:00Z for UTC.")
        return read.replace(tzinfo=UTC)
    try:
        return read.astimezone(UTC)
    except OverflowError:
        raise ArgumentTypeError(f"{text!r} lies beyond the calendar.") from None
