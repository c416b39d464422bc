"""Give the roles of the database their rights to the tables, as the owner, with each release."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection, transaction

from core.db.roles import grant_rights


class Command(BaseCommand):
    help = "Give the roles that database_roles made their rights to the tables there are now."

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            names = grant_rights(cursor)
        if not options["verbosity"]:
            return
        self.stdout.write(
            "Rights are given to " + ", ".join(names) + "."
            if names
            else "There are no roles beside this one; it does everything."
        )
