"""Make the roles of the database, as whoever administers the server."""

import os
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from core.db.roles import BACKUP, OWNER, ROLES, adopt_statements, role_statements


class Command(BaseCommand):
    help = (
        "Make the roles that own, write, read and back up, with the passwords in OWNER_PASSWORD, "
        "WEB_PASSWORD, WORKER_PASSWORD, REPORTING_PASSWORD and BACKUP_PASSWORD. DATABASE_URL names "
        "whoever administers the server. Can be run again at any time; what it finds it brings up "
        "to date."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--adopt-from", default="", help="The role that owns the tables by now, once."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        passwords = _passwords()
        with connection.cursor() as cursor:
            cursor.execute("SELECT rolsuper, rolreplication FROM pg_roles WHERE rolname = user")
            is_superuser, may_replicate = cursor.fetchone()
            if not (is_superuser or may_replicate) and BACKUP.name in passwords:
                del passwords[BACKUP.name]
                self.stderr.write(
                    f"{BACKUP.name} is left out: this server gives nobody its log; it keeps "
                    "backups itself."
                )
            cursor.execute("SELECT current_database(), user")
            database, administrator = cursor.fetchone()
            if administrator == OWNER.name:
                raise CommandError("The owner cannot make roles; connect as who administers.")
            for statement in role_statements(
                passwords, database=database, is_superuser=is_superuser
            ):
                cursor.execute(statement)
            if former := options["adopt_from"]:
                for statement in adopt_statements(former):
                    cursor.execute(statement)
        for role in ROLES:
            if role.name in passwords:
                self.stdout.write(f"{role.name}: {role.what}")


def _passwords() -> dict[str, str]:
    """By role. Raises: CommandError."""
    found = {}
    for role in ROLES:
        variable = f"{role.name.removeprefix('counterfoil_').upper()}_PASSWORD"
        password = os.environ.get(variable, "").strip()
        if not password and role is not BACKUP:
            raise CommandError(f"{variable} is not set: the password of {role.name}.")
        if password and len(password) < 16:
            raise CommandError(f"{variable} is shorter than 16 characters; nothing was changed.")
        if password:
            found[role.name] = password
    return found
