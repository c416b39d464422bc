"""Wake-ups for bill runs, what is made ready for them, what is billed as soon as it is reached, and
long bills that are told apart from the ones before them.

What there is to do is in the rows; losing any message loses nothing.
"""

import logging
from datetime import timedelta

from celery import shared_task

from billing.invoicing.models import BillComparisonWork, BillRunChunk
from billing.invoicing.operations import (
    bill_comparisons,
    bill_runs,
    ended_periods,
    grant_sweeps,
    thresholds,
    untaxed,
)
from core import leases
from core.actor import current_actor
from core.clock import now
from core.tasks import ActingTask

logger = logging.getLogger(__name__)

WAKE_UPS_MAX = 8
"""Messages a ring sends at most; each worker that gets one goes on until nothing is due."""
WORK_AT_MOST = timedelta(seconds=60)
"""A task ends well before the broker would hand its message to somebody else."""


@shared_task(base=ActingTask)
def work_bill_runs() -> int:
    """Bill chunk after chunk until none is due or the time is up; returns how many."""
    until = now() + WORK_AT_MOST
    count = 0
    while (at := now()) < until and (chunk := bill_runs.claim_chunk(at=at)) is not None:
        try:
            bill_runs.work(chunk=chunk, at=now())
        except leases.LeaseLost:
            logger.warning("bill_run_chunk_lost", extra={"chunk": chunk.pk})
        count += 1
    return count


@shared_task(base=ActingTask)
def ring_bill_runs() -> int:
    """Wake workers for whatever is due; beat runs it every few seconds."""
    at = now()
    bill_runs.give_up_worn_chunks(at=at)
    due = leases.due(BillRunChunk.objects.all(), at=at).count()
    wake_ups = min(due, WAKE_UPS_MAX)
    for _ in range(wake_ups):
        work_bill_runs.delay()
    return wake_ups


@shared_task(base=ActingTask)
def add_up_ended_periods() -> int:
    """Add up the usage of periods that wait for their bill; returns how many."""
    return ended_periods.add_up(at=now())


@shared_task(base=ActingTask)
def bill_thresholds() -> int:
    """Bill the usage that has come to its account's threshold; returns how many invoices."""
    return len(
        thresholds.bill_all_reached(
            at=now(), by=current_actor(), reason="The usage came to the account's threshold."
        )
    )


@shared_task(base=ActingTask)
def retry_untaxed_bills() -> int:
    """Bill again what the tax engine did not answer for; returns how many."""
    return untaxed.retry_untaxed(
        at=now(), by=current_actor(), reason="The tax engine may be asked again."
    )


@shared_task(base=ActingTask)
def keep_grants() -> int:
    """Grant anew what recurs, and let expire what is over; returns how many."""
    at, by = now(), current_actor()
    return grant_sweeps.recur(at=at, by=by) + grant_sweeps.expire(at=at, by=by)


@shared_task(base=ActingTask)
def work_bill_comparisons() -> int:
    """Compare bill after bill until none is due or the time is up; returns how many."""
    until = now() + WORK_AT_MOST
    count = 0
    while (at := now()) < until and (item := bill_comparisons.claim(at=at)) is not None:
        try:
            bill_comparisons.work_through(item, at=now())
        except leases.LeaseLost:
            logger.warning("bill_comparison_lost", extra={"comparison": item.pk})
        count += 1
    return count


@shared_task(base=ActingTask)
def ring_bill_comparisons() -> int:
    """Wake one worker if a comparison is due; bills go first, so it is never more than one."""
    due = leases.due(BillComparisonWork.objects.all(), at=now()).count()
    if due:
        work_bill_comparisons.delay()
    return due
