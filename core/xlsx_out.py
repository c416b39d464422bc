"""Rows as a spreadsheet: texts stay texts, numbers are numbers, and none is rounded on the way.

A spreadsheet keeps fifteen digits of a number; a longer one is written as the text it is. Rows are
written one by one into a file of their own, so that a long list costs no more memory than a short.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from decimal import Decimal
from functools import cache
from itertools import chain, islice
from tempfile import TemporaryFile
from typing import IO, Any, Final

from xlsxwriter import Workbook  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from core.csv_out import CsvNumber

CONTENT_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ROWS_MAX: Final = 1_048_576
"""Rows that a sheet has, its heading included; what is more goes on the next one."""
DIGITS_KEPT: Final = 15
TEXT_MAX: Final = 32_767
_CUT: Final = "…"
_PLAIN: Final = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}


def xlsx_file(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> IO[bytes]:
    """A workbook of these rows below their heading, as an open file at its beginning."""
    with ExitStack() as unless_made:
        file: IO[bytes] = unless_made.enter_context(TemporaryFile())
        book = Workbook(file, _PLAIN)
        writer = _Writer(book)
        left = iter(rows)
        more: list[Sequence[object]] = []
        while True:
            writer.sheet(columns, chain(more, islice(left, ROWS_MAX - 1 - len(more))))
            more = list(islice(left, 1))
            if not more:
                break
        book.close()
        file.seek(0)
        unless_made.pop_all()  # whoever reads it closes it
    return file


class _Writer:
    """Writes the sheets of a workbook; a format for each number of decimals is made once."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._heading = book.add_format({"bold": True})
        self._with_decimals = cache(self._made)

    def sheet(self, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """One sheet, its heading frozen."""
        sheet = self._book.add_worksheet()
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, max(len(columns) - 1, 0), 18)
        for at, name in enumerate(columns):
            sheet.write_string(0, at, name, self._heading)
        for number, row in enumerate(rows, start=1):
            for at, cell in enumerate(row):
                self._cell(sheet, number, at, cell)

    def _cell(self, sheet: Worksheet, row: int, at: int, cell: object) -> None:
        exact = _number(cell)
        if exact is not None:
            sheet.write_number(row, at, exact, self._with_decimals(_decimals(exact)))
        elif cell not in (None, ""):
            text = str(cell)
            text = text if len(text) <= TEXT_MAX else text[: TEXT_MAX - 1] + _CUT
            sheet.write_string(row, at, text)

    def _made(self, decimals: int) -> Any:
        return self._book.add_format({"num_format": f"0.{'0' * decimals}" if decimals else "0"})


def _number(cell: object) -> Decimal | None:
    """The number a cell is, if a spreadsheet keeps all of it."""
    if isinstance(cell, bool) or not isinstance(cell, int | Decimal | CsvNumber):
        return None
    exact = Decimal(cell)
    digits = exact.normalize().as_tuple().digits
    return exact if exact.is_finite() and len(digits) <= DIGITS_KEPT else None


def _decimals(exact: Decimal) -> int:
    exponent = exact.as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0
