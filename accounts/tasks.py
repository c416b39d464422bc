"""Tidying: what let somebody in once, and does not any more."""

from celery import shared_task

from accounts.operations.sign_in import forget_what_is_over
from core.clock import now
from core.tasks import ActingTask


@shared_task(base=ActingTask)
def forget_ended_sessions() -> int:
    """Delete sessions and partners' tokens that ended; returns how many."""
    return forget_what_is_over(at=now())
