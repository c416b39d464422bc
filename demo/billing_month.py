"""The third step: a bill run for the finished month, worked through by the Celery workers."""

import time
from collections.abc import Collection
from datetime import datetime, timedelta

from billing.invoicing.models import BillRun, BillRunItem
from billing.invoicing.operations import bill_runs
from billing.invoicing.queries.run_progress import RunProgress, progress
from billing.invoicing.tasks import ring_bill_runs
from core.actor import Actor
from demo.platform.play import Play
from demo.sending.progress import Stream

_LOOK_EVERY_SECONDS = 0.5
_PATIENCE_SECONDS = 300.0


class MonthNotBilled(Exception):
    """The run did not end, or left accounts behind."""


def start_run(play: Play, *, at: datetime, by: Actor) -> BillRun:
    """Plan the run over every period of the finished month, and no later one."""
    last_turn = max(play.time.turns(account.zone) for account in play.accounts)
    return bill_runs.start(
        as_of=min(last_turn + bill_runs.GRACE + timedelta(minutes=1), at),
        at=at,
        by=by,
        reason=f"Closing {play.time.month_on:%B %Y}",
    )


def follow_run(run: BillRun, out: Stream, *, kept_back: Collection[str] = ()) -> RunProgress:
    """Wake the workers and show how far they are. Raises: MonthNotBilled.

    `kept_back` are the accounts whose bill is meant to wait for a person.
    """
    ring_bill_runs.delay()
    gives_up_at = time.monotonic() + _PATIENCE_SECONDS
    shown = ""
    while True:
        state = progress(run.pk)
        if state.sentence != shown:
            shown = state.sentence
            out.write(f"  {shown}\n")
            out.flush()
        if state.finished:
            break
        if time.monotonic() > gives_up_at:
            raise MonthNotBilled("The bill run does not end; is a Celery worker running?")
        time.sleep(_LOOK_EVERY_SECONDS)
    parked = run.items.filter(state=BillRunItem.State.PARKED)
    if parked.exclude(account__name__in=kept_back).exists():
        raise MonthNotBilled(_parked(run))
    return state


def _parked(run: BillRun) -> str:
    parked = run.items.filter(state=BillRunItem.State.PARKED).select_related("account")
    reasons = [f"{item.account}: {item.parked_reason}" for item in parked[:5]]
    return f"{parked.count()} accounts could not be billed. " + " ".join(reasons)
