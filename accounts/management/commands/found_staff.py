"""The first two people of an installation: an operator, who proposes roles, and an approver."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from accounts.invitations import link_of
from accounts.operations import staff
from accounts.operations.staff import PersonTerms
from core.actor import current_actor, current_reason
from core.clock import now
from core.commands import ActingCommand
from core.errors import DomainError


class Command(ActingCommand):
    help = (
        "Make the first operator and the first finance approver, once. Prints the links behind "
        "which they choose their passwords, and sends them; everybody else is invited by them."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        for role in ("operator", "approver"):
            parser.add_argument(
                f"--{role}",
                nargs=3,
                required=True,
                metavar=("USERNAME", "NAME", "EMAIL"),
                help=f'The first {role}, such as olga "Olga Ruiz" olga@example.com.',
            )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            people = staff.found(
                operator=_person(options["operator"]),
                approver=_person(options["approver"]),
                at=now(),
                by=current_actor(),
                reason=current_reason(),
            )
        except DomainError as refused:
            raise CommandError(f"{refused.message} Nothing was saved.") from refused
        for role, person in people.items():
            self.stdout.write(f"{person} ({person.username}) is {role.spoken} and signs in after")
            self.stdout.write(f"  {link_of(person)}")


def _person(given: list[str]) -> tuple[str, PersonTerms]:
    username, name, email = given
    first, _, last = name.partition(" ")
    return username, PersonTerms(first, last, email)
