"""Instants as PostgreSQL sends them, read by the interpreter's own parser.

psycopg's loader takes an instant apart with a regular expression, at twelve times the price, and is
what a page of many rows then mostly does. It still reads whatever is no ordinary instant in UTC;
`tests/core/test_fast_instants.py` holds the two together.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.postgresql.psycopg_any import BaseTzLoader as PlainLoader
from django.db.backends.signals import connection_created

__all__ = ["FastInstantLoader", "PlainLoader"]


class FastInstantLoader(PlainLoader):  # type: ignore[misc]  # not in the stubs
    """Reads an instant; one in another zone, before the year 1 or infinite in the plain way."""

    timezone = UTC

    def load(self, data: Any) -> datetime:
        """Raises: what the plain way raises."""
        try:
            at = datetime.fromisoformat(str(data, "ascii"))
        except ValueError:
            at = None
        if at is None or at.tzinfo is not UTC:
            plain: datetime = super().load(data)
            return plain
        return at


def _on_connect(*, connection: BaseDatabaseWrapper, **_: Any) -> None:
    if connection.timezone is UTC:
        connection.connection.adapters.register_loader("timestamptz", FastInstantLoader)


connection_created.connect(_on_connect, dispatch_uid="core.db.fast_instants")
