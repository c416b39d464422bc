"""A CSV file as records, none of them ever lost: what cannot be read comes out as a record too.

Owns bytes, lines and quotes. A quote that is never closed costs its own line and no other, which
is why records are put together here and only then given to the csv module. Does not own what the
columns mean.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from core.errors import Malformed
from usage.envelope.records import LINE_BYTES_MAX

RECORD_LINES_MAX = 100
"""A quoted text longer than this many lines is taken for a quote nobody closed."""
_BOM = b"\xef\xbb\xbf"
_CHUNK = 1_048_576


class FileRefused(Malformed):
    """The file as a whole is not the CSV it should be; nothing of it was taken in."""

    code = "file_refused"
    title = "The file cannot be imported"


class ColumnMissing(FileRefused):
    """A column that is needed is not in the header."""

    code = "column_missing"
    title = "A column is missing"


@dataclass(frozen=True, slots=True)
class Record:
    """One record below the header. `number` counts records from 1, `line` lines of the file.

    `values` holds the texts by column, stripped, with NULL as empty; it is None where the record
    cannot be read, and `problem` says why.
    """

    number: int
    line: int
    values: dict[str, str] | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    text: str | None
    problem: str = ""


class CsvFile:
    """A CSV file in UTF-8 with a header, read as a stream as often as one likes.

    Opening reads the header and the hash. Raises: FileRefused, ColumnMissing.
    """

    def __init__(self, path: Path, *, required: Sequence[str]) -> None:
        self.path = path
        self._stamp = _stamp(path)
        self.sha256 = _hash(path)
        with path.open("rb") as stream:
            self.columns = _header(_lines(stream), required)

    def records(self) -> Iterator[Record]:
        """Every record in order. Blank lines are none. Raises: FileRefused for a changed file."""
        if _stamp(self.path) != self._stamp:
            raise FileRefused("The file was changed while it was read; import it again.")
        with self.path.open("rb") as stream:
            lines = _lines(stream)
            while (first := next(lines)).text is not None and not first.text.strip():
                pass
            assembled = enumerate(_Assembly(lines, self.columns), start=1)
            for number, (line, values, problem) in assembled:
                yield Record(number, line, values, problem)


class _Assembly:
    """Puts lines together to records: a quoted text may go on over several."""

    def __init__(self, lines: Iterator[_Line], columns: Sequence[str]) -> None:
        self._lines = lines
        self._columns = columns
        self._returned: deque[_Line] = deque()

    def __iter__(self) -> Iterator[tuple[int, dict[str, str] | None, str]]:
        while (line := self._next()) is not None:
            if line.text is None:
                yield line.number, None, line.problem
            elif line.text.strip():
                yield line.number, *self._record(line, line.text)

    def _record(self, line: _Line, text: str) -> tuple[dict[str, str] | None, str]:
        if text.count('"') % 2 == 0:
            return self._read([text])
        taken: list[_Line] = []
        parts = [text]
        is_open = True
        while is_open and len(taken) < RECORD_LINES_MAX and (more := self._next()) is not None:
            taken.append(more)
            if more.text is None:
                break
            parts.append(more.text)
            is_open = more.text.count('"') % 2 == 0
        values, problem = (None, "") if is_open else self._read(parts)
        if values is None:
            self._returned.extendleft(reversed(taken))
            problem = "a quotation mark is not closed"
        return values, problem

    def _read(self, parts: Sequence[str]) -> tuple[dict[str, str] | None, str]:
        try:
            fields = _fields(parts)
        except csv.Error as error:
            return None, str(error)
        if len(fields) != len(self._columns):
            return None, f"{len(fields)} fields instead of {len(self._columns)}"
        return dict(zip(self._columns, map(_clean, fields), strict=True)), ""

    def _next(self) -> _Line | None:
        return self._returned.popleft() if self._returned else next(self._lines, None)


def _fields(lines: Sequence[str]) -> list[str]:
    """The fields of one record. Raises: csv.Error."""
    records = list(csv.reader(lines, strict=True))
    if len(records) != 1:
        raise csv.Error("not one record")
    return records[0]


def _clean(text: str) -> str:
    text = text.strip()
    return "" if text in ("NULL", "null") else text


def _lines(stream: BinaryIO) -> Iterator[_Line]:
    """The lines, decoded one by one, so that a bad byte spoils no other line."""
    number = 0
    while line := stream.readline(LINE_BYTES_MAX):
        number += 1
        if number == 1:
            line = line.removeprefix(_BOM)
        if len(line) == LINE_BYTES_MAX and not line.endswith(b"\n"):
            while (rest := stream.readline(LINE_BYTES_MAX)) and not rest.endswith(b"\n"):
                pass
            yield _Line(number, None, f"a line of more than {LINE_BYTES_MAX:,} bytes")
            continue
        if b"\0" in line:
            yield _Line(number, None, "a NUL character")
            continue
        try:
            yield _Line(number, line.decode())
        except UnicodeDecodeError:
            yield _Line(number, None, "not UTF-8")


def _header(lines: Iterator[_Line], required: Sequence[str]) -> list[str]:
    for line in lines:
        if line.text is None:
            raise FileRefused(f"This is no CSV file in UTF-8: its first line has {line.problem}.")
        if line.text.strip():
            return _checked(line.text, required)
    raise FileRefused("The file is empty.")


def _checked(text: str, required: Sequence[str]) -> list[str]:
    try:
        columns = [column.strip() for column in _fields([text])]
    except csv.Error as error:
        raise FileRefused(f"The header is no line of CSV: {error}.") from error
    missing = [column for column in required if column not in columns]
    if missing:
        few = ", ".join(missing[:5]) + (f" and {len(missing) - 5} more" if missing[5:] else "")
        raise ColumnMissing(f"The header lacks {few}.", field=missing[0], missing=missing)
    twice = sorted({column for column in columns if column and columns.count(column) > 1})
    if twice:
        raise FileRefused(f"The header names {', '.join(twice)} more than once.", field=twice[0])
    return columns


def _stamp(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns


def _hash(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
