"""How far an import is: told to whoever started it, and kept for the screen while it works.

Owns the row that says so. Imports run one at a time, so there is one such row at most; the lock an
import holds, not the row, says whether it still works.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from django.db import connection

from billing.parallel_run.csvfile import Record
from billing.parallel_run.imported_by import ImportedBy
from billing.parallel_run.models import ImportUnderWay

ImportStep = ImportUnderWay.Step
EVERY = 1_000
"""Rows between two tellings."""
_LOCK = 0x666F637573  # "focus"
_IS_HELD = """
    SELECT EXISTS (SELECT FROM pg_locks
                   WHERE locktype = 'advisory' AND classid = %s AND objid = %s AND granted)
"""


@dataclass(frozen=True, slots=True)
class Telling:
    """Where an import is; `rows_total` is None until the file was read once."""

    file_name: str
    step: ImportStep
    rows_done: int = 0
    rows_total: int | None = None

    @property
    def sentence(self) -> str:
        """Such as: Sending usage: 34,000 of 100,000 rows."""
        if self.step is ImportStep.BILLING:
            return f"{self.step.label}."
        of = "" if self.rows_total is None else f" of {self.rows_total:,}"
        return f"{self.step.label}: {self.rows_done:,}{of} rows."


Teller = Callable[[Telling], None]


def tell_nobody(telling: Telling) -> None:
    """For imports nobody waits for."""


class ImportProgress:
    """The progress of the one import that is under way."""

    def __init__(self, file_name: str, doing: ImportedBy, tell: Teller) -> None:
        self._tell = tell
        self._at = Telling(file_name, ImportStep.LOOKING)
        ImportUnderWay.objects.all().delete()
        self._row = ImportUnderWay.objects.create(
            file_name=file_name[:300], started_at=doing.at, started_by=doing.by.name
        )

    def set_total(self, rows: int) -> None:
        """Say how many rows there are."""
        self._at = replace(self._at, rows_total=rows)

    def begin(self, step: ImportStep) -> None:
        """Begin a step."""
        self._now(replace(self._at, step=step, rows_done=0))

    def through(self, records: Iterable[Record], step: ImportStep) -> Iterator[Record]:
        """The records of a step that has begun, counted on their way.

        While rows are stored they are counted to whoever started the import only: they are read in
        the middle of a COPY, where the connection takes no other statement.
        """
        for number, record in enumerate(records, start=1):
            yield record
            if number % EVERY == 0:
                at = replace(self._at, rows_done=number)
                if step is ImportStep.STORING:
                    self._tell(at)
                else:
                    self._now(at)

    def end(self) -> None:
        """Nothing is under way any more."""
        self._row.delete()

    def _now(self, at: Telling) -> None:
        self._at = at
        ImportUnderWay.objects.filter(pk=self._row.pk).update(
            step=at.step, rows_done=at.rows_done, rows_total=at.rows_total
        )
        self._tell(at)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Two imports would open accounts and publish prices twice; the second waits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def is_one_at_work() -> bool:
    """Whether an import holds the lock."""
    with connection.cursor() as cursor:
        cursor.execute(_IS_HELD, [_LOCK >> 32, _LOCK & 0xFFFFFFFF])
        (is_held,) = cursor.fetchone()
    return bool(is_held)
