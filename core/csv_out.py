"""Every CSV file that leaves: no cell of text is a formula; what people open has a byte order mark.

Spreadsheets take a file without the mark for the system's code page, and a text that begins like a
formula for one. Numbers are written as they are; only texts can be somebody else's.
"""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

BYTE_ORDER_MARK = "\ufeff"
CONTENT_TYPE = "text/csv; charset=utf-8"
_FORMULA = frozenset("=+-@")
_BREAKS = ("\t", "\r", "\n")


class CsvNumber(str):
    """A number written out by us, which may begin with its sign."""


class _Echo:
    """A file that gives back each line it is handed."""

    def write(self, line: str) -> str:
        """The line."""
        return line


def csv_lines(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, marked: bool = True
) -> Iterator[str]:
    """The lines of a file; a text in it is neutral. Files for programs are not `marked`."""
    writer = csv.writer(_Echo())
    yield (BYTE_ORDER_MARK if marked else "") + writer.writerow(columns)
    for row in rows:
        yield writer.writerow(
            [cell if isinstance(cell, CsvNumber) else _neutral(cell) for cell in row]
        )


def neutral(text: str) -> str:
    """A text no spreadsheet takes for a formula: what looks like one begins with an apostrophe."""
    return f"'{text}" if text.startswith(_BREAKS) or _first_sign(text) in _FORMULA else text


def _neutral(cell: object) -> object:
    return neutral(cell) if isinstance(cell, str) else cell


def instant_text(at: datetime, zone: str) -> str:
    """An instant on the clock of a zone, as spreadsheets read one: 2026-09-01 00:00."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%Y-%m-%d %H:%M:%S}" if local.second else f"{local:%Y-%m-%d %H:%M}"


def _first_sign(text: str) -> str:
    """The first character that is seen, wide and small forms as the plain one."""
    for character in text:
        if not character.isspace() and unicodedata.category(character)[0] != "C":
            return unicodedata.normalize("NFKC", character)[:1]
    return ""
