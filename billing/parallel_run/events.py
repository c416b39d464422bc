"""A charge as a usage event: what it says, and the id that makes the same row the same event.

The id is the hash of the row and its number among identical rows of the file, so a file can be
imported again, and a row that stands in two files is one use.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from billing.parallel_run.charges import ForeignCharge
from billing.parallel_run.columns import printable
from billing.parallel_run.import_setup import EVENT_TYPE, subject_of
from billing.parallel_run.pricelist import dimensions_of
from core.decimals import decimal_text
from usage.envelope import EventRefusal, ReceivedEvent, read_item


class Repeats:
    """Counts identical rows, keeping only those of which there are several.

    Two passes: `look` at every row first, then `number` them. A hash met once needs 8 bytes of
    a set, not a counter, so memory stays small for millions of different rows.
    """

    def __init__(self) -> None:
        self._met: set[int] = set()
        self._repeated: set[int] = set()
        self._count: Counter[bytes] = Counter()

    def look(self, digest: bytes) -> None:
        """See a row in the first pass."""
        short = _short(digest)
        if short in self._met:
            self._repeated.add(short)
        self._met.add(short)

    def begin(self) -> None:
        """Begin a pass that numbers the rows."""
        self._met = set()
        self._count.clear()

    def number(self, digest: bytes) -> int:
        """How many identical rows came before this one in the pass."""
        if _short(digest) not in self._repeated:
            return 0
        self._count[digest] += 1
        return self._count[digest] - 1


def _short(digest: bytes) -> int:
    return int.from_bytes(digest[:8], "big")


def event_id(charge: ForeignCharge, number: int) -> str:
    """The id of a charge's event, `number` counting identical rows from 0."""
    return f"{charge.digest.hex()}-{number}"


def event_of(charge: ForeignCharge, *, source: str, id: str) -> ReceivedEvent | EventRefusal:
    """The charge as an event, read as one from outside would be."""
    row = charge.row
    data: dict[str, Any] = {
        "quantity": decimal_text(charge.quantity.value),
        **dimensions_of(charge.price),
        "charge_period": [row.text("ChargePeriodStart"), row.text("ChargePeriodEnd")],
        "description": printable(row.text("ChargeDescription")),
        "service": printable(row.text("ServiceName")),
    }
    return read_item(
        {
            "id": id,
            "source": source,
            "type": EVENT_TYPE,
            "subject": subject_of(charge),
            "time": charge.counts_at.isoformat(),
            "data": data,
        }
    )
