"""Leave a queue alone for a while, and go on. Both may be said twice."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from core.actor import Actor, is_said
from core.db.transactions import transaction
from core.errors import Conflict, Invalid
from duty.models import PAUSE_AT_MOST, QueuePause
from eventing.publish import publish


class AlreadyPaused(Conflict):
    """The queue is paused by somebody."""

    code = "queue_already_paused"
    title = "This queue is paused already"


class NotPaused(Conflict):
    """The queue is not paused."""

    code = "queue_not_paused"
    title = "This queue is not paused"


class PauseOutOfBounds(Invalid):
    """A pause lasts until a coming instant, a day at most."""

    code = "pause_out_of_bounds"
    title = "A pause ends within a day"


class UnsaidPause(Invalid):
    """A pause and its end have a reason."""

    code = "pause_without_reason"
    title = "Say why"


def pause(*, queue: str, until: datetime, at: datetime, by: Actor, reason: str) -> QueuePause:
    """Leave the tasks of a queue alone until an instant. What was begun is finished.

    Raises: PauseOutOfBounds, UnsaidPause, AlreadyPaused.
    """
    if not at < until <= at + PAUSE_AT_MOST:
        raise PauseOutOfBounds("A pause ends in the coming 24 hours.", field="until")
    _require_reason(reason)
    with transaction():
        _lock(queue)
        known = _open(queue, at=at)
        if known is not None:
            raise AlreadyPaused(
                f"{known.paused_by} paused it, until {known.until:%H:%M} UTC: {known.reason}"
            )
        made = QueuePause.objects.create(
            queue=queue, paused_at=at, until=until, paused_by=by.name, reason=reason
        )
        publish("queue.paused", made.public_id, {"queue": queue, "reason": reason}, at=at)
    return made


def resume(*, queue: str, at: datetime, by: Actor, reason: str) -> QueuePause:
    """Let the tasks of a queue go on now. Raises: UnsaidPause, NotPaused."""
    _require_reason(reason)
    with transaction():
        _lock(queue)
        known = _open(queue, at=at)
        if known is None:
            raise NotPaused("Nobody paused it, or the pause is over by itself.")
        known.ended_at, known.ended_by, known.end_reason = at, by.name, reason
        known.save(update_fields=["ended_at", "ended_by", "end_reason"])
        publish("queue.resumed", known.public_id, {"queue": queue, "reason": reason}, at=at)
    return known


def _open(queue: str, *, at: datetime) -> QueuePause | None:
    pauses = QueuePause.objects.filter(queue=queue, ended_at=None, until__gt=at)
    return pauses.order_by("-paused_at").first()


def _lock(queue: str) -> None:
    """Two who pause one queue come one after the other; there is no row to lock yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('duty.queue ' || %s, 0))", [queue]
        )


def _require_reason(reason: str) -> None:
    if not is_said(reason):
        raise UnsaidPause("Say why.", field="reason")
