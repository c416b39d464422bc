"""Which queues are paused, and which were."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from duty.models import QueuePause


def is_paused(queue: str, *, at: datetime) -> bool:
    """Whether the queue's tasks are left alone at an instant; one query."""
    return QueuePause.objects.filter(
        queue=queue, ended_at=None, paused_at__lte=at, until__gt=at
    ).exists()


def open_pauses(*, at: datetime) -> dict[str, QueuePause]:
    """The pause of each queue that is paused, by queue; one query."""
    found = QueuePause.objects.filter(ended_at=None, paused_at__lte=at, until__gt=at)
    return {each.queue: each for each in found.order_by("paused_at")}


def pauses_since(since: datetime) -> list[QueuePause]:
    """Pauses of which a part lies after an instant, oldest first; the last hundred."""
    found = QueuePause.objects.filter(Q(ended_at=None, until__gt=since) | Q(ended_at__gt=since))
    return list(found.order_by("-paused_at")[:100])[::-1]
