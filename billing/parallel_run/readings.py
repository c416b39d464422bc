"""How the numbers and days of one file are read, decided by a look at all of them.

Owns the decision. A spreadsheet changes what it saves: a column of which every text fits one
reading only is read by it; one that could be either is refused, and nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from billing.parallel_run.columns import FIGURES, INSTANTS
from billing.parallel_run.csvfile import CsvFile, Record
from billing.parallel_run.foreign_days import (
    DayOrder,
    doubtful_days,
    is_foreign,
    orders_of,
    standard_day,
)
from billing.parallel_run.foreign_numbers import Marks, MarksSeen, is_standard, standard_number
from billing.parallel_run.textfile import FileRefused


class Doubtful(FileRefused):
    """A number or day can mean two things, and the file does not say which."""

    code = "value_doubtful"
    title = "A value can mean two things"


class FocusFile:
    """A FOCUS file whose records have numbers and days as the specification writes them.

    Opening looks at every row, as they come through `watched`. Raises: Doubtful, FileRefused.
    """

    def __init__(
        self, file: CsvFile, *, watched: Callable[[Iterator[Record]], Iterable[Record]] = iter
    ) -> None:
        self._file = file
        self._look = _Look()
        for record in watched(file.records()):
            self._look.at(record)
        self._marks, self._order = self._look.marks(), self._look.order()

    @property
    def path(self) -> Path:
        """Where it is."""
        return self._file.path

    @property
    def sha256(self) -> str:
        """The hash of its bytes."""
        return self._file.sha256

    @property
    def row_count(self) -> int:
        """How many records it has, unreadable ones included."""
        return self._look.row_count

    def records(self) -> Iterator[Record]:
        """Every record in order. Raises: FileRefused for a changed file."""
        records = self._file.records()
        return records if self._look.is_standard else map(self._standard, records)

    def _standard(self, record: Record) -> Record:
        if record.values is None:
            return record
        read = dict(record.values)
        currency = read.get("BillingCurrency", "")
        for column in FIGURES & read.keys():
            text, marks = read[column], self._marks[column]
            if text and (marks is Marks.COMMA or not is_standard(text)):
                read[column] = standard_number(text, currency, marks) or text
        for column in INSTANTS & read.keys():
            if is_foreign(read[column]):
                read[column] = standard_day(read[column], self._order) or read[column]
        return replace(record, values=read)


@dataclass(slots=True)
class _Doubt:
    column: str
    text: str


class _Look:
    """What the rows of a file speak for."""

    def __init__(self) -> None:
        self.row_count = 0
        self.is_standard = True
        self._numbers = {column: MarksSeen() for column in sorted(FIGURES)}
        self._orders: set[DayOrder] = set()
        self._doubt: _Doubt | None = None

    def at(self, record: Record) -> None:
        """See one record."""
        self.row_count += 1
        values = record.values
        if values is None:
            return
        currency = values.get("BillingCurrency", "")
        for column, seen in self._numbers.items():
            if text := values.get(column):
                seen.look(text, currency)
                self.is_standard = self.is_standard and is_standard(text)
        if any(is_foreign(values[column]) for column in INSTANTS & values.keys()):
            self.is_standard = False
            self._look_at_days(values)

    def _look_at_days(self, values: Mapping[str, str]) -> None:
        days = doubtful_days(values)
        orders = orders_of(values, days) if days else set()
        if len(orders) == 1:
            self._orders |= orders
        elif orders and self._doubt is None:
            self._doubt = _Doubt(*next(iter(days.items())))

    def order(self) -> DayOrder | None:
        """Whether day or month comes first; None where that is not asked, or said both ways."""
        if self._doubt is not None and not self._orders:
            raise _doubtful(self._doubt, "a day and a month, or a month and a day")
        return next(iter(self._orders)) if len(self._orders) == 1 else None

    def marks(self) -> dict[str, Marks]:
        """What marks decimals in each column; where it does not say, what does elsewhere."""
        spoken = {column: seen.speaks_for for column, seen in self._numbers.items()}
        elsewhere = {marks for marks in spoken.values() if marks in (Marks.POINT, Marks.COMMA)}
        return {
            column: spoken[column] or _marks(_Doubt(column, seen.doubtful), elsewhere)
            for column, seen in self._numbers.items()
        }


def _marks(doubt: _Doubt, elsewhere: Iterable[Marks | None]) -> Marks:
    found = [marks for marks in elsewhere if marks is not None]
    if len(found) == 1:
        return found[0]
    if doubt.text and (found or not is_standard(doubt.text)):
        raise _doubtful(doubt, "thousands, or a number with decimals")
    return Marks.POINT


def _doubtful(doubt: _Doubt, what: str) -> Doubtful:
    return Doubtful(
        f"{doubt.column}: {doubt.text[:40]!r} can be {what}, and nothing in the file says which. "
        "Write days as 2025-07-01 and decimals with a point. Nothing was saved.",
        field=doubt.column,
    )
