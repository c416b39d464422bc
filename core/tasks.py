"""The base of every Celery task: a named job that acts.

A task is a wake-up: it takes ids and calls one operation. What it writes is attributed to the job
unless the operation says otherwise.
"""

from typing import TYPE_CHECKING, Any

from celery import Task

from core.actor import Actor, acting_as

if TYPE_CHECKING:
    _Task = Task[..., Any]
else:
    _Task = Task


class ActingTask(_Task):
    """Runs as the system actor named after the task, in a request named after the message."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        job = str(self.name)
        with acting_as(
            Actor.system(job),
            reason=f"Scheduled task {job}",
            request_id=str(self.request.id or ""),
        ):
            return super().__call__(*args, **kwargs)
