"""Give facts their place in the feed, and endpoints what they want of them.

One at a time gives places, so a place is visible only after all before it are: whoever reads "after
place n" passes over nothing, however late a transaction commits. A transaction that stays open
holds up only the facts of its own.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import connection

from core.db.transactions import transaction
from eventing.models import UntoldEvent
from eventing.operations.queueing import queue_placed
from eventing.queries.feed import last_position

AT_ONCE: Final = 1_000
"""How many facts one transaction places."""

_NAME = "hashtextextended('eventing.telling', 0)"
_TRY = f"SELECT pg_try_advisory_xact_lock({_NAME})"
_WAIT = f"SELECT pg_advisory_xact_lock({_NAME}) IS NOT NULL"

# What is visible was committed, and of one subject the earlier was visible to the later: in the
# order of their numbers their sequence never goes back.
_PLACE = """
    WITH untold AS (
        SELECT event_id FROM eventing_untoldevent ORDER BY event_id LIMIT %(most)s
    ), gone AS (
        DELETE FROM eventing_untoldevent USING untold
        WHERE eventing_untoldevent.event_id = untold.event_id
        RETURNING eventing_untoldevent.event_id
    )
    INSERT INTO eventing_feedentry (position, event_id, account, type, told_at)
    SELECT %(last)s + row_number() OVER (ORDER BY event.id),
           event.id, event.account, event.type, %(at)s
    FROM gone JOIN eventing_outboxevent AS event ON event.id = gone.event_id
"""


def tell(*, at: datetime) -> int:
    """Give a place to everything that is committed; how many there were.

    Where somebody else is at it nothing is done here: they, or the next ring, place what is left.
    """
    return _tell_all(at, _TRY)


def catch_up(*, at: datetime) -> int:
    """The same for a reader: when it returns, what was committed before has its place."""
    return _tell_all(at, _WAIT) if UntoldEvent.objects.exists() else 0


def _tell_all(at: datetime, lock: str) -> int:
    count = 0
    while placed := _tell_some(at, lock):
        count += placed
        if placed < AT_ONCE:
            break
    return count


def _tell_some(at: datetime, lock: str) -> int:
    with transaction(), connection.cursor() as cursor:
        cursor.execute(lock)
        if not cursor.fetchone()[0]:
            return 0
        last = last_position()
        cursor.execute(_PLACE, {"most": AT_ONCE, "last": last, "at": at})
        placed = int(cursor.rowcount)
        if placed:
            queue_placed(after=last, at=at)
        return placed
