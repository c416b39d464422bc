"""Wake-ups for facts out. What there is to do is in the rows; losing a message loses nothing."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

from celery import shared_task

from core import leases
from core.clock import now
from core.tasks import ActingTask
from eventing.operations import delivering, telling
from eventing.queries.waiting import endpoints_due, slow_lanes_taken

logger = logging.getLogger(__name__)

WORK_AT_MOST: Final = timedelta(seconds=20)
"""Then another endpoint has its turn; the next ring goes on with this one."""
RING_EXPIRES: Final = 30


SLOW_AT_ONCE: Final = 2
"""So many slow endpoints are served at a time, whoever waited longest first."""


@shared_task(base=ActingTask)
def ring_webhooks() -> int:
    """Give what happened its place, and wake whoever sends to endpoints for which something is due.

    Slow endpoints have a queue of their own, so that they never take the place of the others.
    """
    at = now()
    told = telling.tell(at=at)
    due = endpoints_due(at=at)
    for endpoint in due:
        if not endpoint.is_slow:
            for _ in range(endpoint.lanes):
                deliver.apply_async((endpoint.id,), expires=RING_EXPIRES)
    room = max(SLOW_AT_ONCE - slow_lanes_taken(at=at), 0)
    for endpoint in [each for each in due if each.is_slow][:room]:
        deliver_slowly.apply_async((endpoint.id,), expires=RING_EXPIRES)
    return told


@shared_task(base=ActingTask)
def deliver(endpoint_id: int) -> int:
    """Send what is due to one endpoint, as far as nobody else does."""
    return _work(endpoint_id)


@shared_task(base=ActingTask)
def deliver_slowly(endpoint_id: int) -> int:
    """The same for an endpoint that takes its time."""
    return _work(endpoint_id)


def _work(endpoint_id: int) -> int:
    sender = delivering.Sender(clock=now)
    try:
        return delivering.work_endpoint(endpoint_id, sender=sender, until=now() + WORK_AT_MOST)
    except leases.LeaseLost:
        logger.warning("webhook_lane_lost", extra={"endpoint": endpoint_id})
        return 0
