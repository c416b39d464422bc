"""The one entity there is that issues invoices: where it stands, and what day it is there.

Its day of issue is stored once and printed everywhere; the number's year and the due day follow it.
"""

from datetime import date, datetime

from core.periods import local_day

ENTITY_ZONE = "Europe/Berlin"


def day_of_issue(issued_at: datetime) -> date:
    """The entity's local day of an instant, whatever the zone of worker, customer or reader."""
    return local_day(issued_at, ENTITY_ZONE)
