"""What must hold for every tracked table and every append-only one, whichever app it is in."""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps
from django.db import connection
from django.db.models import Model
from psycopg import sql

from core.db.guards import expected_guards, faults
from core.db.models import Tracked
from core.invariants import SAMPLE_SIZE, InvariantResult, invariant

_UNLIKE_HISTORY = """
    SELECT row.{key} FROM {table} AS row
    LEFT JOIN LATERAL (
        SELECT {columns} FROM {history} AS past WHERE past.{key} = row.{key}
        ORDER BY past.history_id DESC LIMIT 1
    ) AS latest ON true
    WHERE ({row_columns}) IS DISTINCT FROM ({latest_columns})
"""


@invariant("I41", "The newest history row of a tracked row is equal to it.")
def history_ends_at_the_present() -> InvariantResult:
    results = [_compared(model) for model in _tracked()]
    return _sum(results)


@invariant("I43", "Every history row names its actor and gives a reason.")
def history_says_who_and_why() -> InvariantResult:
    statement = sql.SQL(
        "SELECT history_id FROM {table} WHERE actor_kind = '' OR actor_id = '' "
        "OR btrim(history_change_reason) = ''"
    )
    return _sum(
        [
            _look(
                model.history.model,
                statement.format(table=sql.Identifier(model.history.model._meta.db_table)),
            )
            for model in _tracked()
        ]
    )


@invariant("I28", "Every trigger the code names is there, switched on and as written; no other is.")
def triggers_are_as_written() -> InvariantResult:
    wrong = faults()
    return InvariantResult(len(expected_guards()), len(wrong), tuple(wrong[:SAMPLE_SIZE]))


def _tracked() -> Iterator[type[Tracked]]:
    return (model for model in apps.get_models() if issubclass(model, Tracked))


def _compared(model: type[Tracked]) -> InvariantResult:
    history = model.history.model
    kept = [
        field.column
        for field in history.tracked_fields
        if field.name not in model.bookkeeping_fields
    ]

    def of(alias: str) -> sql.Composed:
        return sql.SQL(", ").join(sql.Identifier(alias, column) for column in kept)

    return _look(
        model,
        sql.SQL(_UNLIKE_HISTORY).format(
            key=sql.Identifier(str(model._meta.pk.column)),
            table=sql.Identifier(model._meta.db_table),
            history=sql.Identifier(history._meta.db_table),
            columns=sql.SQL(", ").join(map(sql.Identifier, kept)),
            row_columns=of("row"),
            latest_columns=of("latest"),
        ),
    )


def _look(model: type[Model], violating: sql.Composed) -> InvariantResult:
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
        examined = int(cursor.fetchone()[0])
        cursor.execute(sql.SQL("SELECT count(*) FROM ({}) AS broken").format(violating))
        broken = int(cursor.fetchone()[0])
        cursor.execute(sql.SQL("{} LIMIT {}").format(violating, SAMPLE_SIZE))
        samples = tuple(f"{table}:{row[0]}" for row in cursor.fetchall())
    return InvariantResult(examined, broken, samples)


def _sum(results: list[InvariantResult]) -> InvariantResult:
    return InvariantResult(
        examined=sum(result.examined for result in results),
        violations=sum(result.violations for result in results),
        sample_ids=tuple(id for result in results for id in result.sample_ids)[:SAMPLE_SIZE],
    )
