"""Which endpoints have something due, and how many may send to each at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from eventing.models import WebhookLane


@dataclass(frozen=True, slots=True)
class DueEndpoint:
    """An endpoint for which something is due, and the lanes that are free for it."""

    id: int
    is_slow: bool
    lanes: int


_DUE = """
    SELECT endpoint.id, health.is_slow,
           (SELECT count(*) FROM eventing_webhooklane AS lane
            WHERE lane.endpoint_id = endpoint.id AND lane.state <> 'parked'
                  AND (lane.state = 'ready' OR lane.lease_until <= %(at)s)
                  AND (lane.number = 1 OR (health.failures = 0 AND NOT health.is_slow)))
    FROM eventing_webhookendpoint AS endpoint
    JOIN eventing_endpointhealth AS health ON health.endpoint_id = endpoint.id
    WHERE endpoint.state = 'enabled'
          AND (health.paused_until IS NULL OR health.paused_until <= %(at)s)
          AND EXISTS (
              SELECT FROM eventing_webhookdelivery AS waiting
              WHERE waiting.endpoint_id = endpoint.id
                    AND waiting.state IN ('ready', 'leased')
                    AND waiting.not_before <= %(at)s
                    AND (waiting.state = 'ready' OR waiting.lease_until <= %(at)s)
          )
    ORDER BY (SELECT max(lane.not_before) FROM eventing_webhooklane AS lane
              WHERE lane.endpoint_id = endpoint.id), endpoint.id
"""


def endpoints_due(*, at: datetime) -> Sequence[DueEndpoint]:
    """The enabled endpoints that are not left alone and for which something is due.

    Whoever was served longest ago is first.
    """
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"at": at})
        rows = [DueEndpoint(*row) for row in cursor.fetchall()]
    return [each for each in rows if each.lanes]


def slow_lanes_taken(*, at: datetime) -> int:
    """How many slow endpoints are being sent to."""
    taken = WebhookLane.objects.filter(lease_until__gt=at, endpoint__health__is_slow=True)
    return taken.count()
