"""Statements sent one after the other without waiting for answers, prepared once a connection.

The server works on one while the next is being made, and the transaction costs the time of its
work and not of its round trips. Each statement still has a snapshot of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper

from core.db.transactions import require_transaction

# By position or by name.
Parameters = Sequence[Any] | Mapping[str, Any]

# Sends a statement with its parameters, which the server binds. Its rows may be fetched once the
# block has ended.
Send = Callable[[str, Parameters], CursorWrapper]


class _PreparedCursor(psycopg.Cursor[tuple[Any, ...]]):
    """Prepares whatever it executes. (Django's own cursor binds parameters on this side.)"""

    def execute(self, query: Any, params: Any = None, **_: Any) -> _PreparedCursor:
        return super().execute(query, params, prepare=True)


@contextmanager
def ahead() -> Iterator[Send]:
    """Send statements ahead of their answers; when the block ends, all of them have come.

    The first that fails keeps those after it from being executed, and is raised by one of the
    later calls or at the end of the block. What comes after it in the transaction is the caller's
    affair, as always: nothing but a return to a savepoint.

    Raises: NoTransaction.
    """
    require_transaction()
    raw = connection.connection
    threshold, failure = raw.prepare_threshold, None
    with connection.wrap_database_errors:
        # Not for good: psycopg would keep the text of everything that is executed elsewhere.
        raw.prepare_threshold = 1
        try:
            with raw.pipeline():
                try:
                    yield _send
                except Exception as error:  # noqa: BLE001  raised below, once all answers are in
                    failure = error
        except psycopg.errors.PipelineAborted:
            # What the statements after the one that failed are answered.
            pass
        finally:
            raw.prepare_threshold = threshold
    if failure is not None:
        raise failure


def _send(statement: str, parameters: Parameters = ()) -> CursorWrapper:
    # Wrapped as connection.cursor() would: with Django's errors, and counted where queries are.
    cursor = cast(CursorWrapper, _PreparedCursor(connection.connection))
    wrap = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    wrapped = wrap(cursor)
    wrapped.execute(statement, parameters)
    return wrapped
