"""Check every seal over history and facts, and say what is not as it was sealed."""

from typing import Any

from django.core.management import CommandError

from audit.models import Seal
from audit.queries.verification import chain_faults, row_faults
from core.commands import ActingCommand


class Command(ActingCommand):
    """Ends with an error where anything was changed, removed, added or sealed anew."""

    help = __doc__

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--head", default="", help="a head that was kept elsewhere")

    def handle(self, *args: Any, **options: Any) -> None:
        faults = 0
        for found in (*chain_faults(head=options["head"]), *row_faults()):
            faults += 1
            self.stdout.write(str(found))
        newest = Seal.objects.order_by("-number").first()
        if newest is None:
            self.stdout.write("Nothing is sealed yet.")
        else:
            self.stdout.write(
                f"{newest.number} seals, the newest of {newest.sealed_at:%Y-%m-%d %H:%M:%S} UTC."
                f" Head {newest.link}"
            )
        if faults:
            raise CommandError(f"{faults} found that are not as they were sealed.")
