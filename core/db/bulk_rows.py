"""Write many rows of one model at once, with COPY.

Only for append-style writes inside an operation that leaves history itself; nothing here calls
model code or signals.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import connection, models
from msgspec.json import Encoder
from psycopg import sql

from core.db.copying import copying

_encode = Encoder(order="sorted").encode

# Characters: each message costs as much as some rows.
_SENT_AT_ONCE = 64_000


def reserve_ids(model: type[models.Model], count: int) -> list[int]:
    """Take `count` primary keys from the model's sequence, in rising order."""
    if not count:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return [row[0] for row in cursor.fetchall()]


def copy_rows(
    model: type[models.Model], columns: Sequence[str], rows: Iterable[Iterable[object]]
) -> None:
    """Append rows with COPY. None is NULL; dictionaries and lists are JSON."""
    copy_text(model, columns, map(row_text, rows))


def copy_text(model: type[models.Model], columns: Sequence[str], blocks: Iterable[str]) -> None:
    """Append rows with COPY, given in its text format; a block holds whole rows.

    The server works on some blocks while the caller composes the next.
    """
    with copying(_copy_into(model, columns)) as copy:
        waiting, length = [], 0
        for block in blocks:
            waiting.append(block)
            length += len(block)
            if length > _SENT_AT_ONCE:
                copy.write("".join(waiting))
                waiting, length = [], 0
        copy.write("".join(waiting))


def row_text(values: Iterable[object]) -> str:
    """A row as COPY's text format has it; see `copy_rows`."""
    return "\t".join([_column(value) for value in values]) + "\n"


def _column(value: object) -> str:
    if value is None:
        return r"\N"
    if type(value) in _NEVER_ESCAPED:
        return str(value)
    if isinstance(value, dict | list):
        return column_text(_encode(value).decode())
    return column_text(str(value))


def column_text(value: str) -> str:
    """A text as COPY's text format has it in a column."""
    if value.isprintable() and "\\" not in value:
        return value
    return value.translate(_ESCAPED)


_NEVER_ESCAPED = frozenset({int, datetime, date, Decimal})
_ESCAPED = {ord("\\"): "\\\\", ord("\t"): "\\t", ord("\n"): "\\n", ord("\r"): "\\r"}


def _copy_into(model: type[models.Model], columns: Sequence[str]) -> sql.Composed:
    return sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model._meta.db_table),
        sql.SQL(", ").join(sql.Identifier(column) for column in columns),
    )
