"""Tidying: what expired is written down. Nothing waits for it: deciding compares."""

from celery import shared_task

from approvals.operations import deciding
from core.clock import now
from core.tasks import ActingTask


@shared_task(base=ActingTask)
def expire_proposals() -> int:
    """Write down of open proposals that their time is over; returns how many."""
    return deciding.expire_due(at=now())
