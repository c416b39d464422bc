"""Write what was billed to an account as a FOCUS file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Account
from billing.invoicing.focus.columns import FocusVersion, columns_of
from billing.invoicing.focus.rows import focus_rows
from core.commands import day_option
from core.csv_out import csv_lines
from core.periods import Period, local_midnight


class Command(BaseCommand):
    """Write a FOCUS file of what was issued to an account within days, in UTC."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose, of which days, in which version, and where to."""
        parser.add_argument("account", help="The public id of the account.")
        parser.add_argument("--from", dest="first", type=day_option, required=True)
        parser.add_argument(
            "--until", type=day_option, required=True, help="The first day that is not in it."
        )
        parser.add_argument(
            "--focus-version", default=FocusVersion.V1_2.value, choices=list(FocusVersion)
        )
        parser.add_argument("--output", type=Path, help="A file; standard output without it.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it; what it costs in memory does not depend on how long it is."""
        account = Account.objects.filter(public_id=options["account"]).first()
        if account is None:
            raise CommandError(f"There is no account {options['account']}.")
        if options["first"] >= options["until"]:
            raise CommandError("--until is the first day after those that are wanted.")
        period = Period(
            local_midnight(options["first"], "UTC"), local_midnight(options["until"], "UTC")
        )
        header = columns_of(FocusVersion(options["focus_version"]))
        lines = csv_lines(header, focus_rows(account, period), marked=False)
        if options["output"] is None:
            sys.stdout.writelines(lines)
            return
        with options["output"].open("w", encoding="utf-8", newline="") as file:
            file.writelines(lines)
