"""Say what cutting accounts over from another system would do, and do it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.models import Account
from billing.legacy.mapping import read_mapping
from billing.legacy.models import CutOver
from billing.legacy.operations.cutting_over import CutOverPlan, cut_over, plan_cut_over
from billing.legacy.readers import SYSTEMS
from core.actor import current_actor, current_reason
from core.clock import now
from core.commands import ActingCommand
from core.errors import DomainError
from core.instants import read_instant

STOPPED = 3
"""Exit status where an account cannot be cut over; 1 is a mapping that was refused."""


class Command(ActingCommand):
    """Without --do nothing is saved. Each account is cut over by itself, or left as it is."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """The mapping, the instant of the switch, and some accounts alone."""
        parser.add_argument("accounts", nargs="*", help="Ids; all of the mapping unless told.")
        parser.add_argument("--mapping", type=Path, required=True, help="What stands for what.")
        parser.add_argument("--at", required=True, help="The switch: 2026-12-01T00:00:00Z.")
        parser.add_argument("--do", action="store_true", help="Cut over those that can be.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Say, do; exits with 3 when an account cannot be cut over."""
        stopped = 0
        try:
            mapping = read_mapping(options["mapping"].read_bytes(), systems=SYSTEMS)
            switch_at = read_instant(options["at"], field="at")
            wanted = options["accounts"] or sorted(set(mapping.accounts.values()))
            done = CutOver.objects.filter(system=mapping.system)
            for account in Account.objects.filter(public_id__in=wanted).order_by("public_id"):
                if not options["accounts"] and done.filter(account=account).exists():
                    continue
                plan = plan_cut_over(mapping, account, switch_at=switch_at)
                for line in _told(plan):
                    self.stdout.write(line)
                if plan.wrong:
                    stopped += 1
                elif options["do"]:
                    made = cut_over(
                        mapping,
                        account,
                        switch_at=switch_at,
                        at=now(),
                        by=current_actor(),
                        reason=current_reason(),
                    )
                    self.stdout.write(f"  cut over as {made.public_id}")
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror or error}.") from error
        except DomainError as refused:
            raise CommandError(f"{refused.message} ({refused.code})") from refused
        if stopped:
            raise CommandError(f"{stopped:,} accounts cannot be cut over.", returncode=STOPPED)


def _told(plan: CutOverPlan) -> Iterator[str]:
    yield f"{plan.account} ({plan.account.public_id}): open there {plan.opening}"
    for each in plan.starts:
        until = f" until {each.end:%Y-%m-%d %H:%M}" if each.end else ""
        yield f"  {each.plan.code} from {each.start:%Y-%m-%d %H:%M}{until}"
    for wrong in plan.wrong:
        yield f"  STOP: {wrong}"
