"""Work of disputes in the background."""

from celery import shared_task

from billing.disputes.operations import case_clocks
from core.clock import now
from core.tasks import ActingTask


@shared_task(base=ActingTask)
def note_missed_promises() -> int:
    """Write down which promises to customers were missed."""
    return case_clocks.note_missed(at=now())
