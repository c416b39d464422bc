"""Plan a bill run and follow it: workers do the billing, this command shows how far they are."""

import time
from datetime import datetime, timedelta
from typing import Any, TypedDict

from django.core.management.base import CommandError, CommandParser

from billing.invoicing.models import BillRun
from billing.invoicing.operations import bill_runs
from billing.invoicing.operations.run_plan import GraceOutOfBounds, plan
from billing.invoicing.queries.run_progress import RunProgress, progress
from billing.invoicing.tasks import ring_bill_runs, work_bill_runs
from core.actor import current_actor, current_reason
from core.clock import now
from core.commands import ActingCommand, instant_option
from core.errors import Invalid

LOOK_EVERY_SECONDS = 0.5


class Command(ActingCommand):
    """Bill every period that has ended and has no issued invoice yet."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Options of the run; --here bills in this process, without Celery."""
        parser.add_argument(
            "--as-of", type=instant_option, help="A day or an instant that has passed; default now."
        )
        parser.add_argument(
            "--grace-hours", type=int, help="Hours after a period's end before it is billed."
        )
        parser.add_argument("--drafts", action="store_true", help="Leave the invoices as drafts.")
        parser.add_argument(
            "--dry-run", action="store_true", help="Say what would be billed, and do nothing."
        )
        parser.add_argument("--here", action="store_true", help="Work in this process.")
        parser.add_argument("--timeout", type=int, default=600, help="Seconds to follow the run.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Say what the run does, start it, wake workers, print progress until it is finished."""
        try:
            run = self._start(options)
        except Invalid as refused:
            raise CommandError(refused.message) from refused
        if run is None:
            return
        self.stdout.write(f"Bill run {run.public_id}")
        if options["here"]:
            work_bill_runs()
        else:
            ring_bill_runs.delay()
        state = self._follow(run.pk, timeout=options["timeout"])
        if not state.finished:
            raise CommandError(
                "The run is not finished; is a worker running? It goes on by itself."
            )

    def _start(self, options: dict[str, Any]) -> BillRun | None:
        """The run, planned; None where it was only to be said what it would be."""
        at = now()
        asked: RunAsked = {
            "as_of": options["as_of"] or at,
            "at": at,
            "grace": _grace(options["grace_hours"]),
            "issues": not options["drafts"],
        }
        for sentence in plan(**asked).sentences:
            self.stdout.write(sentence)
        if options["dry_run"]:
            self.stdout.write("Nothing was started: this is a dry run.")
            return None
        return bill_runs.start(**asked, by=current_actor(), reason=current_reason())

    def _follow(self, run_id: int, *, timeout: int) -> RunProgress:
        started = time.monotonic()
        shown = ""
        while True:
            state = progress(run_id)
            if state.sentence != shown:
                shown = state.sentence
                self.stdout.write(f"  {shown}")
            if state.finished or time.monotonic() - started > timeout:
                return state
            time.sleep(LOOK_EVERY_SECONDS)


class RunAsked(TypedDict):
    """What both the words about a run and the run itself are made of."""

    as_of: datetime
    at: datetime
    grace: timedelta
    issues: bool


def _grace(hours: int | None) -> timedelta:
    if hours is None:
        return bill_runs.GRACE
    try:
        return timedelta(hours=hours)
    except OverflowError:
        raise GraceOutOfBounds(f"{hours} hours of grace are beyond the calendar.") from None
