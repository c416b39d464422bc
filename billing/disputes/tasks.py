"""Wake-ups for disputes. What there is to do is in the rows; losing a message loses nothing."""

import logging
from datetime import timedelta

from celery import shared_task

from billing.disputes.models import CreditBatchRow
from billing.disputes.operations import batches, case_clocks
from core import leases
from core.clock import now
from core.tasks import ActingTask

logger = logging.getLogger(__name__)

WORK_AT_MOST = timedelta(seconds=45)
"""A task ends well before the broker would hand its message to somebody else."""


@shared_task(base=ActingTask)
def note_missed_promises() -> int:
    """Write down which promises to customers were missed."""
    return case_clocks.note_missed(at=now())


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
