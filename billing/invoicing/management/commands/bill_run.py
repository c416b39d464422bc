"""Plan a bill run and follow it: workers do the billing, this command shows how far they are."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management.base import CommandError, CommandParser

from billing.invoicing.operations import bill_runs
from billing.invoicing.queries.run_progress import RunProgress, progress
from billing.invoicing.tasks import ring_bill_runs, work_bill_runs
from core.actor import current_actor, current_reason
from core.clock import now
from core.commands import ActingCommand

LOOK_EVERY_SECONDS = 0.5


class Command(ActingCommand):
    """Bill every period that has ended and has no issued invoice yet."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Options of the run; --here bills in this process, without Celery."""
        parser.add_argument("--as-of", type=_instant, help="ISO instant; default is now.")
        parser.add_argument("--grace-hours", type=int, help="Hours after a period's end.")
        parser.add_argument("--drafts", action="store_true", help="Leave the invoices as drafts.")
        parser.add_argument("--here", action="store_true", help="Work in this process.")
        parser.add_argument("--timeout", type=int, default=600, help="Seconds to follow the run.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Start the run, wake the workers, print progress until it is finished."""
        hours = options["grace_hours"]
        run = bill_runs.start(
            as_of=options["as_of"] or now(),
            at=now(),
            by=current_actor(),
            reason=current_reason(),
            grace=bill_runs.GRACE if hours is None else timedelta(hours=hours),
            issues=not options["drafts"],
        )
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


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("the instant needs a zone, such as 2026-11-01T00:00Z")
    return instant.astimezone(UTC)
