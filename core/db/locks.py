"""Locks that Django cannot say: rows that stay as they are read, and what has no row yet."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from core.db.transactions import require_transaction


def share(rows: QuerySet[Any]) -> list[int]:
    """Lock the rows of a queryset against change, in primary key order; return their keys.

    Read them after it: a statement sees what was there when it began. Raises: NoTransaction.
    """
    require_transaction()
    try:
        statement, parameters = rows.order_by("pk").values("pk").query.sql_with_params()
    except EmptyResultSet:
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} FOR SHARE", parameters)
        return [row[0] for row in cursor.fetchall()]


def beside(name: str) -> None:
    """Hold a name together with others until the transaction ends, so that nobody has it alone.

    Raises: NoTransaction.
    """
    require_transaction()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0))", [name])


def alone(name: str) -> None:
    """Let nobody else hold this name until the transaction ends; for what has no row to lock yet.

    Raises: NoTransaction.
    """
    require_transaction()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
