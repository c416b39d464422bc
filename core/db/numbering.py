"""Rows that are numbered from 1 on beside each other: versions, attempts, fates.

Call it under the lock of what they belong to; a unique constraint holds what a lock forgot.
"""

from typing import Any

from django.db.models import Manager, Max, QuerySet


def next_number(rows: QuerySet[Any] | Manager[Any], field: str = "number") -> int:
    """The number the next of these rows takes; one query."""
    last: int | None = rows.aggregate(last=Max(field))["last"]
    return (last or 0) + 1
