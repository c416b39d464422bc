"""The key of a day roll-up row."""

from datetime import date
from typing import NamedTuple


class DayBucket(NamedTuple):
    """The key of a day roll-up row, with the dimension set as text. Sorts day first."""

    day: date
    account_id: int
    resource_id: int
    meter_id: int
    dimensions: str
