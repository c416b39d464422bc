"""Which queue a task waits in, so that what is slow never keeps what is urgent waiting.

Owns the names of the queues and the rule from a task's name to its queue. How many workers serve a
queue is the deployment's business: compose.yaml, the Procfile and the chart name the same queues,
and a test holds them together. A worker that is told no queue serves all of them.
"""

from __future__ import annotations

from typing import Any, Final

from kombu import Queue

from core.clock import now

DEFAULT: Final = "default"
QUEUES: Final = {
    "billing": (
        "billing.invoicing.",
        "billing.contracts.",
        "billing.receivables.",
        "billing.spending.",
    ),
    "usage": ("usage.",),
    "papers": ("billing.papers.",),
    "whatif": ("billing.whatif.",),
    "slowhooks": ("eventing.tasks.deliver_slowly",),
    "webhooks": ("eventing.tasks.deliver",),
    DEFAULT: ("",),
}
"""Queue → how the names of its tasks begin; the first that fits, so the default comes last.

billing: bill runs, thresholds, settlements: money that people wait for. usage: figures and
partitions. papers: documents, which take long. whatif: back-tests, which take longest. webhooks:
what waits for other people's servers, and slowhooks for the slow ones among them, so that those
keep none waiting. default: the short rest.
"""


def queue_of(task: str) -> str:
    """The queue that the task of this name waits in."""
    return next(queue for queue, starts in QUEUES.items() if task.startswith(starts))


NEVER_HELD: Final = frozenset(
    {
        "audit.tasks.seal_written",
        "core.tasks.end_overlong",
        "duty.tasks.look_at_books",
        "usage.tasks.make_partitions",
    }
)
"""What goes on while its queue is paused, since standing still would harm."""


def is_held_back(task: str) -> bool:
    """Whether somebody on call has paused the queue of the task of this name."""
    # The tables are there only once Django has its apps.
    from duty.queries.pauses import is_paused

    return task not in NEVER_HELD and is_paused(queue_of(task), at=now())


def queues() -> tuple[Queue, ...]:
    """What a worker serves that is told no queue by name."""
    return tuple(Queue(name) for name in QUEUES)


def route(name: str, *_: Any, **__: Any) -> dict[str, str]:
    """Celery's way to ask."""
    return {"queue": queue_of(name)}
