"""The base of every Celery task: a named job that acts.

A task is a wake-up: it takes ids and calls one operation. What it writes is attributed to the job
unless the operation says otherwise.
"""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from celery import Task, shared_task
from celery.exceptions import Retry
from django.db import Error
from structlog.contextvars import bound_contextvars

from core.actor import Actor, acting_as
from core.db.limits import end_overlong_transactions
from core.db.outage import outage_of

if TYPE_CHECKING:
    _Task = Task[..., Any]
else:
    _Task = Task

logger = logging.getLogger(__name__)


_held_back: list[Callable[[str], bool]] = []


def hold_tasks_back_while(is_held_back: Callable[[str], bool]) -> None:
    """From now on leave a task alone while this says so of its name. What to do is in the rows, so
    a ring after that finds it.
    """
    _held_back[:] = [is_held_back]


class ActingTask(_Task):
    """Runs as the system actor named after the task, in a request named after the message."""

    abstract = True
    max_retries = 4

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        job = str(self.name)
        try:
            if not self.request.called_directly and any(held(job) for held in _held_back):
                logger.info("task_held_back", extra={"task": job})
                return None
            request_id = str(self.request.id or "")
            with (
                bound_contextvars(request_id=request_id, task=job),
                acting_as(Actor.system(job), reason=f"Scheduled task {job}", request_id=request_id),
            ):
                return super().__call__(*args, **kwargs)
        except Error as error:
            outage = outage_of(error)
            if outage is None or self.request.called_directly:
                raise
            raise self._later(error, outage.code) from error

    def _later(self, error: Error, code: str) -> Retry:
        """The same wake-up again in 2, 4, 8 … seconds, and after the last never: a ring comes."""
        wait = 2 ** (self.request.retries + 1)
        logger.warning("task_waits_for_database", extra={"task": self.name, "why": code})
        return self.retry(exc=error, countdown=wait, throw=False)


@shared_task(base=ActingTask)
def end_overlong() -> int:
    """End transactions that outlived their limit; returns how many."""
    ended = end_overlong_transactions()
    if ended:
        logger.warning("overlong_transactions_ended", extra={"count": ended})
    return ended
