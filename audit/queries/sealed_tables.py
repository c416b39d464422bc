"""Which tables are sealed: all history and all facts, but those that are named here with why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from django.apps import apps
from django.db import connection, models

from core.db.models import AppendOnly
from core.db.tracking import HistoryRow

LEFT_OUT: Final[Mapping[str, str]] = {
    "audit_seal": "the chain itself",
    "audit_sealedrange": "the chain itself: its hashes are in the link of its seal",
    "eventing_feedentry": "places of facts that are sealed themselves (E1, E2)",
    "usage_event": "receipts say how many there are, and invoices are issued with a digest of them",
    "usage_eventcontext": "what came beside an event, and no figure is made of",
    "usage_eventkey": "the identity of an event, which it is compared with (I1)",
}
"""By table, why it is not sealed."""


@dataclass(frozen=True, slots=True)
class SealedTable:
    """A table and what of it is hashed; rows are told apart and ordered by `key`."""

    name: str
    key: str
    columns: tuple[str, ...]


@cache
def sealed_tables() -> tuple[SealedTable, ...]:
    """By name."""
    found = [
        SealedTable(model._meta.db_table, str(model._meta.pk.column), _columns(model))
        for model in apps.get_models(include_auto_created=True)
        if _is_sealed(model)
    ]
    return tuple(sorted(found, key=lambda each: each.name))


def _is_sealed(model: type[models.Model]) -> bool:
    if model._meta.db_table in LEFT_OUT or model._meta.proxy:
        return False
    # The many-to-many part of history is made by the package, and knows its history row alone.
    is_history = issubclass(model, HistoryRow) or "m2m_history_id" in {
        field.name for field in model._meta.local_fields
    }
    return is_history or issubclass(model, AppendOnly)


def _columns(model: type[models.Model]) -> tuple[str, ...]:
    return tuple(str(field.column) for field in model._meta.local_concrete_fields)


def marks_now() -> dict[str, int]:
    """By table, the highest id that was ever given out; tables that never gave any are left out."""
    tables = sealed_tables()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, pg_sequence_last_value(pg_get_serial_sequence(quote_ident(name), key)"
            "::regclass) FROM unnest(%s::text[], %s::text[]) AS asked (name, key)",
            [[each.name for each in tables], [each.key for each in tables]],
        )
        return {name: last for name, last in cursor.fetchall() if last is not None}
