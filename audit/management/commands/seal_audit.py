"""Seal what was written until now, and say the head."""

from typing import Any

from audit.models import Seal
from audit.operations.sealing import seal
from core.clock import now
from core.commands import ActingCommand


class Command(ActingCommand):
    """What the worker does once a minute, at once."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        rows = 0
        while (made := seal(at=now())) is not None:
            rows += made.rows
        newest = Seal.objects.order_by("-number").first()
        head = "" if newest is None else newest.link
        self.stdout.write(f"{rows} rows sealed. Head {head}")
