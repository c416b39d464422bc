"""COPY … FROM STDIN, with the errors of Django that every other statement has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from django.db import connection
from psycopg import Copy
from psycopg.sql import Composed


class CopyUnderWay(RuntimeError):
    """A statement was sent while rows are given to a COPY: it would wait for ever for its end."""


@contextmanager
def copying(statement: str | Composed) -> Iterator[Copy]:
    """Give the rows of a COPY; it has ended when the block has.

    Raises: django.db.Error of the kind, so that who retries after a deadlock retries this too;
    CopyUnderWay, where whoever makes the rows asks the database for something.
    """
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(statement) as copy,
        connection.execute_wrapper(_refuse),
    ):
        yield copy


def _refuse(execute: object, sql: str, *_: object) -> NoReturn:
    raise CopyUnderWay(f"No statement can be sent in the middle of a COPY: {sql[:80]}")
