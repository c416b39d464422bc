"""Set-based writes of tracked rows that leave the same history as saving them one by one.

For operations that write thousands of rows. History is copied by INSERT … SELECT from the table
itself, so it says what is stored, not what a caller believes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, TypeVar

from django.db import connection, models
from django.db.models import QuerySet
from psycopg import sql

from core.actor import current_attribution
from core.clock import now
from core.db.models import Tracked
from core.db.transactions import require_transaction

Row = TypeVar("Row", bound=Tracked)

CREATED, CHANGED = "+", "~"


def record_created(model: type[Tracked], ids: Collection[int]) -> int:
    """Write the history of rows just inserted in this transaction; returns how many.

    Raises: ActorRequired, ReasonRequired, NoTransaction.
    """
    return _record(model, ids, CREATED)


def record_changed(model: type[Tracked], ids: Collection[int]) -> int:
    """Write the history of rows just changed in this transaction; returns how many.

    Raises: ActorRequired, ReasonRequired, NoTransaction.
    """
    return _record(model, ids, CHANGED)


def create_tracked(rows: Sequence[Row]) -> list[Row]:
    """Insert rows of one model in one statement, with history.

    Raises: ActorRequired, ReasonRequired, NoTransaction.
    """
    if not rows:
        return []
    require_transaction()
    current_attribution()
    model = type(rows[0])
    created: list[Row] = _unguarded(model).bulk_create(rows)
    record_created(model, [row.pk for row in created])
    return created


def update_tracked(rows: QuerySet[Row], **values: Any) -> int:
    """Give all rows of a queryset the same values, with history; returns how many.

    Locks the rows first, in primary key order.
    Raises: ActorRequired, ReasonRequired, NoTransaction.
    """
    require_transaction()
    ids = list(rows.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
    if not ids:
        return 0
    _unguarded(rows.model).filter(pk__in=ids).update(**values)
    return record_changed(rows.model, ids)


def _unguarded(model: type[models.Model]) -> QuerySet[Any]:
    return QuerySet(model)


def _record(model: type[Tracked], ids: Collection[int], change: str) -> int:
    require_transaction()
    attribution = current_attribution()
    history = model.history.model
    columns = [field.column for field in history.tracked_fields]
    said = {
        "history_date": now(),
        "history_type": change,
        "history_change_reason": attribution.reason,
        "actor_kind": attribution.actor.kind,
        "actor_id": attribution.actor.id,
        "actor_name": attribution.actor.name,
        "request_id": attribution.request_id,
    }
    statement = sql.SQL(
        "INSERT INTO {history} ({columns}, {said}) SELECT {columns}, {values} FROM {table} "
        "WHERE {key} = ANY(%s) ORDER BY {key}"
    ).format(
        history=sql.Identifier(history._meta.db_table),
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
        said=sql.SQL(", ").join(map(sql.Identifier, said)),
        values=sql.SQL(", ").join([sql.Placeholder()] * len(said)),
        table=sql.Identifier(model._meta.db_table),
        key=sql.Identifier("id"),
    )
    parameters: list[Any] = [*said.values(), list(ids)]
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)
