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

AT_ONCE: Final = 1_000
"""How many facts one transaction places."""

_ALONE = "SELECT pg_try_advisory_xact_lock(hashtextextended('eventing.telling', 0))"

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
    SELECT coalesce((SELECT max(position) FROM eventing_feedentry), 0)
               + row_number() OVER (ORDER BY event.id),
           event.id, event.account, event.type, %(at)s
    FROM gone JOIN eventing_outboxevent AS event ON event.id = gone.event_id
"""


def tell(*, at: datetime) -> int:
    """Give a place to everything that is committed; how many there were.

    Where somebody else is at it nothing is done here: they, or the next ring, place what is left.
    """
    count = 0
    while placed := _tell_some(at):
        count += placed
        if placed < AT_ONCE:
            break
    return count


def _tell_some(at: datetime) -> int:
    with transaction(), connection.cursor() as cursor:
        cursor.execute(_ALONE)
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_PLACE, {"most": AT_ONCE, "at": at})
        return int(cursor.rowcount)
