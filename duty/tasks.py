"""Wake-ups of whoever is on call."""

from datetime import timedelta

from celery import shared_task

from core.clock import now
from core.tasks import ActingTask
from duty.operations.looking import look_at_due

WORK_AT_MOST = timedelta(seconds=45)
"""A task ends well before the broker would hand its message to somebody else."""


@shared_task(base=ActingTask)
def look_at_books() -> int:
    """Look at the invariants that are due, a few at a time; returns how many."""
    return look_at_due(clock=now, until=now() + WORK_AT_MOST)
