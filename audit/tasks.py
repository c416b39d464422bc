"""Wake-ups of the sealer."""

from datetime import timedelta

from celery import shared_task

from audit.operations.sealing import seal
from core.clock import now
from core.tasks import ActingTask

WORK_AT_MOST = timedelta(seconds=45)
"""A task ends well before the broker would hand its message to somebody else."""


@shared_task(base=ActingTask)
def seal_written() -> int:
    """Seal what was written, until nothing is left that has ended; returns how many rows."""
    until, rows = now() + WORK_AT_MOST, 0
    while now() < until and (made := seal(at=now())) is not None:
        rows += made.rows
    return rows
