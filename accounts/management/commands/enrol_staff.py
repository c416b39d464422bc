"""Add a member of staff from the command line; how the first operator comes to be."""

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from accounts.operations import staff
from accounts.permissions import Role
from core.actor import current_actor, current_reason
from core.commands import ActingCommand
from core.errors import DomainError


class Command(ActingCommand):
    help = "Add a person who signs in with a password; it is asked for, or read from a pipe."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", default="", help="Full name.")
        parser.add_argument("--email", default="")
        parser.add_argument(
            "--role", action="append", default=[], choices=[role.value for role in Role]
        )

    def handle(self, *args: Any, **options: Any) -> None:
        password = _password()
        try:
            validate_password(password)
            person = staff.enrol(
                username=options["username"],
                full_name=options["name"] or options["username"],
                email=options["email"],
                password=password,
                roles=[Role(name) for name in options["role"]],
                by=current_actor(),
                reason=current_reason(),
            )
        except ValidationError as weak:
            raise CommandError(" ".join(weak.messages)) from weak
        except DomainError as refused:
            raise CommandError(refused.message) from refused
        roles = ", ".join(options["role"]) or "no role"
        self.stdout.write(f"{person} ({person.public_id}) can sign in, with {roles}.")


def _password() -> str:
    if sys.stdin.isatty():
        return getpass.getpass("Password: ")
    return sys.stdin.readline().rstrip("\n")
