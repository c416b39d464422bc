"""Wake-ups for disputes. What there is to do is in the rows; losing a message loses nothing."""

import logging
from datetime import timedelta
from functools import partial
from typing import Final

from celery import shared_task

from billing.disputes.models import CreditBatchRow
from billing.disputes.operations import batches, case_clocks, moving
from core import leases
from core.actor import Actor
from core.clock import now
from core.isolating import made_or_wrong
from core.parking import why
from core.tasks import ActingTask

logger = logging.getLogger(__name__)

WORK_AT_MOST = timedelta(seconds=45)
"""A task ends well before the broker would hand its message to somebody else."""


FOLLOWED_AT_ONCE: Final = 100
FOLLOWING: Final = Actor.system("disputes")


@shared_task(base=ActingTask)
def note_missed_promises() -> int:
    """Write down which promises to customers were missed."""
    return case_clocks.note_missed(at=now())


@shared_task(base=ActingTask)
def follow_late_usage() -> int:
    """Let lines about late usage follow what became of it; how many did.

    One that cannot stops none of the others, and is tried again.
    """
    moved = 0
    for decision in moving.late_decisions_to_follow(most=FOLLOWED_AT_ONCE):
        did = made_or_wrong(partial(moving.follow_late, decision, at=now(), by=FOLLOWING))
        if isinstance(did, Exception):
            why(did, decision=decision.public_id)
        else:
            moved += did
    return moved


@shared_task(base=ActingTask)
def work_credit_batches() -> int:
    """Work out line after line until none is due or the time is up; returns how many."""
    until = now() + WORK_AT_MOST
    count = 0
    while (at := now()) < until and (rows := batches.claim_rows(at=at)):
        try:
            count += batches.work(rows, at=now())
        except leases.LeaseLost:
            logger.warning("credit_batch_rows_lost", extra={"rows": len(rows)})
    return count


@shared_task(base=ActingTask)
def ring_credit_batches() -> int:
    """Wake one worker if a line is due; bills go first, so it is never more than one."""
    due = leases.due(CreditBatchRow.objects.all(), at=now()).count()
    if due:
        work_credit_batches.delay()
    return due
