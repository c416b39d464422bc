"""Several statements in one round trip; each still has a snapshot of its own."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

# One statement with positional parameters.
SqlStatement = tuple[str, Sequence[Any]]


def execute_together(*statements: SqlStatement) -> list[tuple[Any, ...] | None]:
    """Execute in order; returns the first row of each, None where it has none.

    Parameters are bound on this side, as Django does by default: only then may a message hold more
    than one statement.
    """
    rows: list[tuple[Any, ...] | None] = []
    with connection.cursor() as cursor:
        cursor.execute(
            ";".join([statement for statement, _ in statements]),
            [value for _, parameters in statements for value in parameters],
        )
        for number in range(len(statements)):
            if number:
                cursor.nextset()
            rows.append(cursor.fetchone() if cursor.description else None)
    return rows
