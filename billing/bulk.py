"""Write many rows of one model at once, with COPY.

Only for append-style writes inside an operation that leaves history itself; nothing here calls
model code or signals.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models
from msgspec.json import Encoder
from psycopg import sql
from psycopg.types.json import Jsonb

_encode = Encoder().encode


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


def jsonb(value: Any) -> Jsonb:
    """A JSON value for `copy_rows`, encoded the fast way."""
    return Jsonb(value, dumps=_encode)


def copy_rows(
    model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Append rows with COPY; values are given as psycopg adapts them (JSON by `jsonb`)."""
    with connection.cursor() as cursor, cursor.copy(_copy_into(model, columns)) as copy:
        for row in rows:
            copy.write_row(row)


def copy_text(model: type[models.Model], columns: Sequence[str], blocks: Iterable[str]) -> None:
    """Append rows with COPY, given in its text format; a block holds whole rows.

    The server works on a block while the caller composes the next.
    """
    with connection.cursor() as cursor, cursor.copy(_copy_into(model, columns)) as copy:
        for block in blocks:
            copy.write(block)


def column_text(value: str) -> str:
    """A text as COPY's text format has it in a column."""
    if value.isprintable() and "\\" not in value:
        return value
    return value.translate(_ESCAPED)


_ESCAPED = {ord("\\"): "\\\\", ord("\t"): "\\t", ord("\n"): "\\n", ord("\r"): "\\r"}


def _copy_into(model: type[models.Model], columns: Sequence[str]) -> sql.Composed:
    return sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model._meta.db_table),
        sql.SQL(", ").join(sql.Identifier(column) for column in columns),
    )
