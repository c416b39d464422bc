"""Stands where Django's command of this name would be: nobody sets another's password."""

from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Refused: people choose their own passwords."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("username", nargs="?", help="Whose password it would be.")

    def handle(self, *args: Any, **options: Any) -> NoReturn:
        raise CommandError(
            "Nobody sets another's password, and nothing was changed. An operator sends the person "
            "a link on their page in the records, and “Forgot your password?” sends one, too."
        )
