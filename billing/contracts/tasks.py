"""Wake-ups for settling held events, which needs to know what can be billed."""

import logging
from datetime import timedelta

from celery import shared_task

from billing.contracts.billability import BillableGate
from core import leases
from core.clock import now
from core.tasks import ActingTask
from usage.models import HeldSettlement
from usage.operations import held_settlements

logger = logging.getLogger(__name__)

WORK_AT_MOST = timedelta(seconds=60)
"""A task ends well before the broker would hand its message to somebody else."""


@shared_task(base=ActingTask)
def settle_held_events() -> int:
    """Work settlement after settlement until none is due or the time is up; returns how many."""
    until = now() + WORK_AT_MOST
    count = 0
    while (at := now()) < until and (item := held_settlements.claim(at=at)) is not None:
        try:
            held_settlements.work_through(item, BillableGate, clock=now, until=until)
        except leases.LeaseLost:
            logger.warning("held_settlement_lost", extra={"settlement": item.public_id})
        count += 1
    return count


@shared_task(base=ActingTask)
def ring_held_settlements() -> int:
    """Wake one worker if a settlement is due."""
    due = leases.due(HeldSettlement.objects.all(), at=now()).count()
    if due:
        settle_held_events.delay()
    return due
