"""What receivables does by itself: free money settles what is due, and dunning takes its steps."""

from celery import shared_task

from billing.receivables.operations import applying, dunning
from core.actor import current_actor
from core.clock import now
from core.tasks import ActingTask


@shared_task(base=ActingTask)
def apply_free_money() -> int:
    """Put free money on what is open; returns how many payers were looked at."""
    return applying.apply_all(at=now())


@shared_task(base=ActingTask)
def take_dunning_steps() -> int:
    """Take the steps of dunning that are due; returns how many."""
    return dunning.sweep(at=now(), by=current_actor())
