"""What limits do by themselves: every few seconds what was spent is looked at."""

from celery import shared_task

from billing.spending.operations import looking
from core.actor import current_actor
from core.clock import now
from core.tasks import ActingTask


@shared_task(base=ActingTask)
def look_at_spending() -> int:
    """Look at the accounts that are due; returns how many."""
    return looking.look_at_due(at=now(), by=current_actor(), clock=now)
