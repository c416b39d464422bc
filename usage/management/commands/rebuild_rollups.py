"""Drop and remake the roll-ups and intervals, or check them, from raw events."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from accounts.models import Account
from core.commands import ActingCommand
from usage.derivation.rebuild import DerivedDifference, compare, rebuild

SHOWN = 20


class Command(ActingCommand):
    help = (
        "Rebuild all roll-ups and intervals from raw events. With --check nothing is changed; "
        "exits with 1 when one differs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="Only compare.")
        parser.add_argument("--account", action="append", default=[], help="A public id; several.")
        parser.add_argument("--json", action="store_true", help="Print one JSON document.")

    def handle(self, *args: Any, **options: Any) -> None:
        accounts = _ids(options["account"])
        if options["check"]:
            self._check(accounts, as_json=options["json"])
            return
        done = 0
        for done in rebuild(accounts):
            if not options["json"]:
                self.stdout.write(f"{done} accounts rebuilt")
        if options["json"]:
            self.stdout.write(json.dumps({"accounts": done}))

    def _check(self, accounts: list[int] | None, *, as_json: bool) -> None:
        examined = 0
        found: list[DerivedDifference] = []
        for comparison in compare(accounts):
            examined += comparison.examined
            found += comparison.differences
        if as_json:
            differences = [str(each) for each in found[:SHOWN]]
            self.stdout.write(
                json.dumps(
                    {"examined": examined, "different": len(found), "differences": differences}
                )
            )
        else:
            for each in found[:SHOWN]:
                self.stdout.write(str(each))
            self.stdout.write(f"{examined} rows compared, {len(found)} differ")
        if found:
            sys.exit(1)


def _ids(public_ids: list[str]) -> list[int] | None:
    if not public_ids:
        return None
    found = dict(Account.objects.filter(public_id__in=public_ids).values_list("public_id", "pk"))
    unknown = [public_id for public_id in public_ids if public_id not in found]
    if unknown:
        raise CommandError(f"There is no account {', '.join(unknown)}. Nothing was changed.")
    return list(found.values())
