"""The base of every management command that writes: a named job that acts."""

from typing import Any

from django.core.management.base import BaseCommand

from core.actor import Actor, acting_as
from core.ids import new_id


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
