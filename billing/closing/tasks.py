"""Wake-ups for checks of months. What there is to do is in the rows; nothing is lost with them."""

import logging
from datetime import timedelta

from celery import shared_task

from billing.closing.models import CloseCheckWork
from billing.closing.operations import check_work
from core import leases
from core.clock import now
from core.tasks import ActingTask

logger = logging.getLogger(__name__)

WORK_AT_MOST = timedelta(seconds=60)
"""A task ends well before the broker would hand its message to somebody else."""


@shared_task(base=ActingTask)
def work_close_checks() -> int:
    """Work check after check until none is due or the time is up; returns how many."""
    until = now() + WORK_AT_MOST
    count = 0
    while (at := now()) < until and (item := check_work.claim(at=at)) is not None:
        try:
            check_work.work_through(item, clock=now, until=until)
        except leases.LeaseLost:
            logger.warning("close_check_lost", extra={"close_check": item.pk})
        count += 1
    return count


@shared_task(base=ActingTask)
def ring_close_checks() -> int:
    """Wake one worker if a check is due; bills go first, so it is never more than one."""
    due = leases.due(CloseCheckWork.objects.all(), at=now()).count()
    if due:
        work_close_checks.delay()
    return due
