"""A CSV file as records, none of them ever lost: what cannot be read comes out as a record too.

Owns separators, quotes and the header. A quote that is never closed costs its own line and no
other, which is why records are put together here and only then given to the csv module. Does not
own what the columns mean.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import dropwhile
from pathlib import Path

from billing.parallel_run.textfile import FileLine, FileRefused, lines_of
from usage.envelope.foreign_text import SEPARATORS, names_separator

RECORD_LINES_MAX = 100
"""A quoted text longer than this many lines is taken for a quote nobody closed."""
_CHUNK = 1_048_576


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
class _Header:
    line: int
    separator: str
    columns: Sequence[str]


class CsvFile:
    """A CSV file with a header, read as a stream as often as one likes.

    Opening reads the header and the hash. The columns `required` are there, or their `successors`.
    Raises: FileRefused, ColumnMissing.
    """

    def __init__(
        self, path: Path, *, required: Sequence[str], successors: Mapping[str, str] | None = None
    ) -> None:
        self.path = path
        self._stamp = _stamp(path)
        self.sha256 = _hash(path)
        self._header = _header(lines_of(path), required, successors or {})
        self.columns = self._header.columns

    def records(self) -> Iterator[Record]:
        """Every record in order. Blank lines are none. Raises: FileRefused for a changed file."""
        if _stamp(self.path) != self._stamp:
            raise FileRefused("The file was changed while it was read; import it again.")
        header = self._header
        below = dropwhile(lambda line: line.number <= header.line, lines_of(self.path))
        for number, (line, values, problem) in enumerate(_Assembly(below, header), start=1):
            yield Record(number, line, values, problem)


class _Assembly:
    """Puts lines together to records: a quoted text may go on over several."""

    def __init__(self, lines: Iterator[FileLine], header: _Header) -> None:
        self._lines = lines
        self._columns = header.columns
        self._separator = header.separator
        self._returned: deque[FileLine] = deque()

    def __iter__(self) -> Iterator[tuple[int, dict[str, str] | None, str]]:
        while (line := self._next()) is not None:
            if line.text is None:
                yield line.number, None, line.problem
            elif line.text.strip():
                yield line.number, *self._record(line, line.text)

    def _record(self, line: FileLine, text: str) -> tuple[dict[str, str] | None, str]:
        if text.count('"') % 2 == 0:
            return self._read([text])
        taken: list[FileLine] = []
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
            fields = _fields(parts, self._separator)
        except csv.Error as error:
            return None, str(error)
        if len(fields) != len(self._columns):
            return None, f"{len(fields)} fields instead of {len(self._columns)}"
        return dict(zip(self._columns, map(_clean, fields), strict=True)), ""

    def _next(self) -> FileLine | None:
        return self._returned.popleft() if self._returned else next(self._lines, None)


def _fields(lines: Sequence[str], separator: str) -> list[str]:
    """The fields of one record. Raises: csv.Error."""
    records = list(csv.reader(lines, strict=True, delimiter=separator))
    if len(records) != 1:
        raise csv.Error("not one record")
    return records[0]


def _clean(text: str) -> str:
    text = text.strip()
    return "" if text in ("NULL", "null") else text


def _header(
    lines: Iterator[FileLine], required: Sequence[str], successors: Mapping[str, str]
) -> _Header:
    """The header, separated as a line `sep=` above it says, or as its columns are found."""
    separators: Sequence[str] = tuple(SEPARATORS)
    for line in lines:
        if line.text is None:
            raise FileRefused(f"This is no CSV file in UTF-8. Its first line is {line.problem}.")
        if names_separator(line.text):
            separators = [_separator_of(line.text)]
        elif line.text.strip():
            return _found(line, separators, required, successors)
    raise FileRefused("The file is empty.")


def _separator_of(line: str) -> str:
    separator = line.rstrip("\r\n").strip('" ')[4:5]
    if separator not in SEPARATORS:
        known = ", ".join(SEPARATORS.values())
        raise FileRefused(f"The first line says {line.strip()[:20]}; known are {known}.")
    return separator


def _found(
    line: FileLine,
    separators: Sequence[str],
    required: Sequence[str],
    successors: Mapping[str, str],
) -> _Header:
    """The header by the separator that misses the fewest columns."""
    headers = [
        _Header(line.number, mark, columns)
        for mark in separators
        if (columns := _columns(line.text or "", mark))
    ]
    if not headers:
        raise FileRefused("The header is no line of CSV: its quotation marks do not pair.")
    missing, header = min(
        ((_missing(each.columns, required, successors), each) for each in headers),
        key=lambda found: len(found[0]),
    )
    if missing:
        lacking = [
            f"{each} or {successors[each]}" if each in successors else each for each in missing
        ]
        few = ", ".join(lacking[:5]) + (f" and {len(lacking) - 5} more" if lacking[5:] else "")
        how = "" if header.separator == "," else f", separated by {SEPARATORS[header.separator]},"
        message = f"The header{how} lacks {few}."
        raise ColumnMissing(message, field=missing[0], missing=missing)
    names = header.columns
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise FileRefused(f"The header names {', '.join(twice)} more than once.", field=twice[0])
    return header


def _columns(text: str, separator: str) -> list[str]:
    """The names in a header; none, where it is not separated by this."""
    try:
        return [column.strip() for column in _fields([text], separator)]
    except csv.Error:
        return []


def _missing(
    columns: Sequence[str], required: Sequence[str], successors: Mapping[str, str]
) -> list[str]:
    return [
        column
        for column in required
        if column not in columns and successors.get(column) not in columns
    ]


def _stamp(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns


def _hash(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
