"""COPY … FROM STDIN, with the errors of Django that every other statement has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from psycopg import Copy
from psycopg.sql import Composed


@contextmanager
def copying(statement: str | Composed) -> Iterator[Copy]:
    """Give the rows of a COPY; it has ended when the block has.

    Raises: django.db.Error of the kind, so that who retries after a deadlock retries this too.
    """
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(statement) as copy,
    ):
        yield copy
