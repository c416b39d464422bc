"""Import a foreign cloud bill, bill its usage here, and compare the two row by row."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from billing.invoicing.models import BillRun
from billing.invoicing.tasks import work_bill_runs
from billing.parallel_run.importing import import_focus
from billing.parallel_run.progress import Telling
from billing.parallel_run.reporting import as_json, report
from core.actor import current_actor, current_reason
from core.clock import now
from core.commands import ActingCommand
from core.errors import DomainError

NOT_PASSED = 3
"""Exit status where a difference is unexplained or a row could not be compared; 1 is a file that
was refused."""
SECONDS_BETWEEN = 3
"""Between two lines that say how far a long import is."""
PATIENCE = timedelta(minutes=30)
"""How long another worker that holds a part of the bill run is waited for."""


class Command(ActingCommand):
    """Import a FOCUS 1.0 cost-and-usage CSV as usage, bill it at list price, and compare."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """The file, and what to do with it."""
        parser.add_argument("file", type=Path, help="A FOCUS 1.0 file in CSV.")
        parser.add_argument("--json", action="store_true", help="Print the summary as JSON.")
        parser.add_argument("--all", action="store_true", help="Print every SKU and every row.")
        parser.add_argument(
            "--issue", action="store_true", help="Issue the invoices of months that have ended."
        )
        parser.add_argument(
            "--again", action="store_true", help="Compare again a file compared before."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Import and print; exits with 3 unless every row is compared and explained."""
        path: Path = options["file"]
        try:
            run = import_focus(
                path,
                at=now(),
                by=current_actor(),
                reason=current_reason(),
                worker=_work,
                issues=options["issue"],
                again=options["again"],
                tell=_Told(self.stderr.write),
            )
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror or error}.") from error
        except DomainError as refused:
            raise CommandError(f"{path}: {refused.message} ({refused.code})") from refused
        if options["json"]:
            self.stdout.write(as_json(run))
        else:
            for line in report(run, in_full=options["all"]):
                self.stdout.write(line)
        if not run.has_passed:
            raise CommandError(run.verdict, returncode=NOT_PASSED)


class _Told:
    """Says on a terminal how far a long import is, and nothing of a short one."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write
        self._last = time.monotonic()

    def __call__(self, telling: Telling) -> None:
        if time.monotonic() - self._last >= SECONDS_BETWEEN:
            self._last = time.monotonic()
            self._write(telling.sentence)


def _work(run: BillRun) -> None:
    """Bill here; a chunk that another worker holds is waited for."""
    until = now() + PATIENCE
    while not _is_finished(run):
        if work_bill_runs():
            continue
        if now() > until:
            raise CommandError(f"{run} is not finished. Import the file again later.")
        time.sleep(1)


def _is_finished(run: BillRun) -> bool:
    run.refresh_from_db(fields=["finished_at"])
    return run.finished_at is not None
