"""Wake-ups for papers. What there is to do is in the rows; losing a message loses nothing."""

import logging
from datetime import timedelta

from celery import shared_task

from billing.papers.models import PaperFile
from billing.papers.operations import making, planning
from core import leases
from core.clock import now
from core.tasks import ActingTask

logger = logging.getLogger(__name__)

WAKE_UPS_MAX = 2
"""Bills go first: making papers never takes all workers."""
WORK_AT_MOST = timedelta(seconds=45)
"""A task ends well before its lease, and before the broker hands its message to somebody else."""


@shared_task(base=ActingTask)
def make_papers() -> int:
    """Make file after file until none is due or the time is up; returns how many."""
    until = now() + WORK_AT_MOST
    count = 0
    while (at := now()) < until and (files := making.claim_files(at=at)):
        try:
            count += making.make(files, at=now())
        except leases.LeaseLost:
            logger.warning("paper_files_lost", extra={"files": len(files)})
    return count


@shared_task(base=ActingTask)
def ring_papers() -> int:
    """Plan what was issued since, and wake workers for what is due; beat runs it often."""
    at = now()
    planned = planning.plan(at=at)
    due = leases.due(PaperFile.objects.all(), at=at)[: making.BATCH * WAKE_UPS_MAX].count()
    for _ in range(min(-(-due // making.BATCH), WAKE_UPS_MAX)):
        make_papers.delay()
    return planned
