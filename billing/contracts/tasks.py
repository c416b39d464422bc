"""Wake-ups for changes that come due, and for held events, which need to know what is billable."""

import logging
from datetime import timedelta

from celery import shared_task

from billing.contracts.billability import BillableGate
from billing.contracts.operations import changes
from core import leases
from core.actor import current_actor
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


@shared_task(base=ActingTask)
def carry_out_changes() -> int:
    """Carry out the changes of subscriptions that have come due; returns how many."""
    return changes.carry_out_due(at=now(), by=current_actor())
