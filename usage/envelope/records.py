"""Events one a line: NDJSON and CSV bodies become items, each line by itself.

Owns how a line becomes an event. A line that cannot be read is that item's refusal and spoils no
other; what is wrong with the body as a whole is raised. No text of an event may hold a line break,
so a line is a record in CSV too, and a quote that nobody closes costs its own line only.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, BinaryIO

from core.errors import FieldError, Invalid, Malformed, TooLarge, pointer_to
from core.json_reader import parse
from usage.envelope.foreign_text import CODE_PAGE, foreign_form, names_separator, separated_by
from usage.envelope.item import read_item
from usage.envelope.received_event import EventRefusal, ReceivedEvent

LINE_BYTES_MAX = 1_048_576
# Python's own limit is an eighth of it and holds for the whole process: a cell is as long as its
# line may be, whoever else reads CSV here.
csv.field_size_limit(LINE_BYTES_MAX)
REQUIRED = ("id", "source", "type", "subject", "time")
COLUMNS = (*REQUIRED, "quantity", "sequence", "sequencetype")
DATA_PREFIX = "data."

NEWLINES_LOST = "If newlines were lost on the way: curl -d takes them, --data-binary keeps them."
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class TextForeign(Malformed):
    """The lines are no text in UTF-8, but something else that can be named."""

    code = "text_foreign"
    title = "This is no text in UTF-8"


class ColumnsInvalid(Invalid):
    """The header of a CSV body does not name the columns of events."""

    code = "columns_invalid"
    title = "The columns are not those of events"


def lines_of(stream: BinaryIO) -> Iterator[bytes]:
    """The lines of a file, none longer in memory than a byte over LINE_BYTES_MAX."""
    while line := stream.readline(LINE_BYTES_MAX + 1):
        yield line
        while len(line) > LINE_BYTES_MAX and not line.endswith(b"\n"):
            line = stream.readline(LINE_BYTES_MAX + 1)


def read_ndjson(lines: Iterable[bytes]) -> Iterator[ReceivedEvent | EventRefusal]:
    """One JSON object a line; blank lines are none. Raises: TextForeign."""
    for line in _text(lines):
        if line.strip():
            yield _read_object(line)


def read_csv(lines: Iterable[bytes]) -> Iterator[ReceivedEvent | EventRefusal]:
    """A header, then one event a line; blank lines are none, and an empty cell says nothing.

    Columns are id, source, type, subject, time, perhaps quantity, sequence and sequencetype, and
    data.NAME for each property.

    Raises: TextForeign, and ColumnsInvalid at the header, with every problem; nothing for a line
    below it.
    """
    rest = _text(lines)
    columns = _header(next((line for line in rest if line.strip()), b""))
    for line in rest:
        if line.strip():
            yield _read_row(line, columns)


def require_text(beginning: bytes) -> None:
    """Refuse what begins as no text does. Raises: TextForeign."""
    form = foreign_form(beginning)
    if form is not None:
        raise TextForeign(f"This is {form}; send plain text in UTF-8.")


def _text(lines: Iterable[bytes]) -> Iterator[bytes]:
    rest = iter(lines)
    for first in rest:
        require_text(first)
        yield first
        break
    yield from rest


def _read_object(line: bytes) -> ReceivedEvent | EventRefusal:
    try:
        document = parse(line, max_bytes=LINE_BYTES_MAX, root=(dict,))
    except (Malformed, Invalid, TooLarge) as refused:
        # More behind the first event: the commonest way to lose the ends of lines is named.
        hint = f" {NEWLINES_LOST}" if refused.message.startswith("Extra data") else ""
        return EventRefusal(code=refused.code, detail=refused.message + hint, pointer="")
    return read_item(document.value, is_plain=document.is_plain)


def _read_row(line: bytes, columns: Sequence[str]) -> ReceivedEvent | EventRefusal:
    if len(line) > LINE_BYTES_MAX:
        detail = f"The row has more than {LINE_BYTES_MAX:,} bytes."
        return EventRefusal(code="csv_row", detail=detail, pointer="")
    try:
        cells = _cells(line)
    except UnicodeDecodeError as error:
        return EventRefusal(code="csv_row", detail=_code_page("line", error), pointer="")
    except csv.Error as error:
        return EventRefusal(
            code="csv_row", detail=f"The line is no row of CSV: {error}.", pointer=""
        )
    if len(cells) != len(columns):
        detail = f"The row has {len(cells)} cells; the header has {len(columns)}."
        return EventRefusal(code="csv_row", detail=detail, pointer="")
    return read_item(_item(dict(zip(columns, cells, strict=True))))


def _item(row: dict[str, str]) -> dict[str, Any]:
    item: dict[str, Any] = {"data": {}}
    for column, cell in row.items():
        if not cell:
            continue
        if column.startswith(DATA_PREFIX):
            item["data"][column.removeprefix(DATA_PREFIX)] = cell
        elif column == "quantity":
            item["data"][column] = cell
        else:
            item[column] = cell
    return item


def _header(line: bytes) -> list[str]:
    try:
        columns = _cells(line.removeprefix(_BYTE_ORDER_MARK))
    except UnicodeDecodeError as error:
        raise ColumnsInvalid(_code_page("header", error)) from error
    except csv.Error as error:
        raise ColumnsInvalid(f"The header is no row of CSV: {error}.") from error
    problems = [*_missing(columns), *_odd(columns)]
    if problems:
        said = [
            _cause(line.removeprefix(_BYTE_ORDER_MARK).decode()),
            *(each.detail for each in problems),
        ]
        raise ColumnsInvalid(" ".join(filter(None, said)), errors=problems)
    return columns


def _cause(header: str) -> str:
    """What is behind a header without any of the columns, where it can be told."""
    if names_separator(header):
        return "The first line is sep=, which a spreadsheet wrote; leave that line out."
    separator = separated_by(header)
    return (
        f"The columns are separated by {separator}; here they are by commas." if separator else ""
    )


def _code_page(what: str, error: UnicodeDecodeError) -> str:
    byte = error.object[error.start]
    return f"The {what} is {CODE_PAGE}: byte {byte:#04x} at {error.start + 1}."


def _missing(columns: Sequence[str]) -> Iterator[FieldError]:
    for name in REQUIRED:
        if name not in columns:
            yield FieldError(pointer_to(name), "column_missing", f"There is no column {name}.")


def _odd(columns: Sequence[str]) -> Iterator[FieldError]:
    seen: set[str] = set()
    for name in columns:
        shown = name[:64].encode("ascii", "backslashreplace").decode()
        if name in seen:
            yield FieldError(pointer_to(shown), "column_twice", f"{shown} stands twice.")
        elif not _is_known(name):
            known = f"{', '.join(COLUMNS)} and {DATA_PREFIX}NAME"
            detail = f"{shown or 'An empty name'} is no column; known are {known}."
            yield FieldError(pointer_to(shown), "column_unknown", detail)
        seen.add(name)


def _is_known(name: str) -> bool:
    if name.startswith(DATA_PREFIX):
        # A quantity has a column of its own; two ways to say it could disagree.
        return name not in (DATA_PREFIX, f"{DATA_PREFIX}quantity")
    return name in COLUMNS


def _cells(line: bytes) -> list[str]:
    """Raises: csv.Error, UnicodeDecodeError."""
    return next(csv.reader([line.decode().rstrip("\r\n")], strict=True), [])
