"""Seal what was written: a few seconds behind, so that no writer ever waits for it.

A row that is being written has its id and is not to be seen yet; so a seal covers only ids that
were given out when the seal before it was made, once every transaction of that time has ended.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from django.db import connection

from audit.models import Seal, SealedRange
from audit.queries.row_hashes import hashes_of, link_of
from audit.queries.sealed_tables import SealedTable, marks_now, sealed_tables
from core.db.locks import alone
from core.db.transactions import transaction

logger = logging.getLogger(__name__)

IDS_AT_MOST: Final = 50_000
"""Of one table in one seal; what is left is in the next."""

_OPEN: Final = """
    SELECT virtualxid FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'virtualxid' AND granted AND datname = current_database()
      AND usename IS NOT NULL AND pid <> pg_backend_pid()
    UNION ALL
    SELECT gid FROM pg_prepared_xacts WHERE database = current_database()
    ORDER BY 1
"""
"""Every transaction has such a lock from its first statement to its end, also one that only reads;
who holds which, any role may see."""


def seal(*, at: datetime) -> Seal | None:
    """Make the next seal; None where nothing was written since, or a writer still writes."""
    with transaction():
        alone("audit: the next seal")
        last = Seal.objects.order_by("-number").first()
        if last is not None and not set(_open()).isdisjoint(last.open_then):
            return None
        ranges = [] if last is None else list(_ranges(last.marks))
        marks = marks_now()
        if last is not None and not ranges and marks == last.marks:
            return None
        return _add(last, ranges, marks, at=at)


def _open() -> list[str]:
    """The transactions of others that are under way."""
    with connection.cursor() as cursor:
        cursor.execute(_OPEN)
        return [found for (found,) in cursor.fetchall()]


def _ranges(marks: Mapping[str, int]) -> Iterator[SealedRange]:
    sealed = _sealed_up_to()
    for table in sealed_tables():
        above = sealed.get(table.name, 0)
        up_to = min(marks.get(table.name, 0), above + IDS_AT_MOST)
        if up_to > above:
            yield _range(table, above, up_to)


def _range(table: SealedTable, above: int, up_to: int) -> SealedRange:
    found = hashes_of(table.name, table.key, table.columns, above=above, up_to=up_to)
    return SealedRange(
        table=table.name,
        columns=list(table.columns),
        above=above,
        up_to=up_to,
        rows=found.rows,
        digest=found.digest,
        row_marks=found.marks,
    )


def _sealed_up_to() -> dict[str, int]:
    """By table, the highest id that a seal covers."""
    newest = SealedRange.objects.order_by("table", "-up_to").distinct("table")
    return dict(newest.values_list("table", "up_to"))


def _add(
    last: Seal | None, ranges: list[SealedRange], marks: dict[str, int], *, at: datetime
) -> Seal:
    # After the marks: whoever was given an id by then is among these, or has ended.
    open_then = _open()
    number, previous = (1, "") if last is None else (last.number + 1, last.link)
    made = Seal.objects.create(
        number=number,
        sealed_at=at,
        rows=sum(each.rows for each in ranges),
        previous=previous,
        link=link_of(
            number=number,
            previous=previous,
            sealed_at=at,
            marks=marks,
            open_then=open_then,
            ranges=ranges,
        ),
        marks=marks,
        open_then=open_then,
    )
    for each in ranges:
        each.seal = made
    SealedRange.objects.bulk_create(ranges)
    # Outside of the database is where a head must be, to tell whether the chain was made anew.
    logger.info("audit_sealed", extra={"number": number, "link": made.link, "rows": made.rows})
    return made
