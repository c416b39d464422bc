"""Read the history of one tracked row as changes: who, when, why, old and new of each field.

For every screen that has a history tab, and for whoever is told that a row changed while they
looked at it. Values come out as text, relations by the name they have now; what the reader may not
see is passed in `masked` and comes out as dots.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from django.db import models

from core.db.models import Tracked

MASK: Final = "•••"
NOTHING: Final = "–"
CHANGES_MAX: Final = 200

_KINDS: Mapping[str, str] = {"+": "created", "~": "changed", "-": "deleted"}


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field's old and new value, as text; `old` is empty where the row was created."""

    field: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class RecordChange:
    """One history row, compared with the one before."""

    at: datetime
    kind: str
    actor_kind: str
    actor_id: str
    actor_name: str
    reason: str
    request_id: str
    fields: tuple[FieldChange, ...]


def changes_of(
    model: type[Tracked], pk: Any, *, masked: Collection[str] = (), limit: int = CHANGES_MAX
) -> list[RecordChange]:
    """The newest `limit` changes of one row, newest first."""
    rows = list(
        model.history.filter(**{model._meta.pk.name: pk}).order_by("-history_id")[: limit + 1]
    )
    fields = [field for field in model.history.model.tracked_fields if not field.primary_key]
    named = _names(fields, rows)
    shown = [_values(row, fields, named, masked) for row in rows]
    return [
        _change(row, shown[position], shown[position + 1] if position + 1 < len(rows) else {})
        for position, row in enumerate(rows[:limit])
    ]


def changes_after(
    model: type[Tracked], history_id: int, *, named: str = "", **shared: Any
) -> list[RecordChange]:
    """What rows with these values in common went through after a history row, oldest first.

    Removed rows are among them: they come out as nothing. With `named`, a field that tells the rows
    apart, it stands before the name of each field. Two queries, and one a relation.
    """
    key = model._meta.pk.name
    later = list(
        model.history.filter(history_id__gt=history_id, **shared).order_by("history_id")[
            :CHANGES_MAX
        ]
    )
    earlier = (
        model.history.filter(
            **{f"{key}__in": {getattr(row, key) for row in later}}, history_id__lte=history_id
        )
        .order_by(key, "-history_id")
        .distinct(key)
    )
    rows = [*earlier, *later]
    fields = [
        field
        for field in model.history.model.tracked_fields
        if not field.primary_key and field.name != "public_id"
    ]
    names, found = _names(fields, rows), []
    last: dict[Any, dict[str, str]] = {}
    for row in rows:
        values = _values(row, fields, names, ())
        if named:
            values = {f"{getattr(row, named)}: {name}": value for name, value in values.items()}
        before = last.get(getattr(row, key), {})
        after = dict.fromkeys(values, "") if row.history_type == "-" else values
        if row.history_id > history_id:
            found.append(replace(_change(row, values, before), fields=_fields(before, after)))
        last[getattr(row, key)] = after
    return found


def _change(row: Any, new: Mapping[str, str], old: Mapping[str, str]) -> RecordChange:
    return RecordChange(
        at=row.history_date,
        kind=_KINDS[row.history_type],
        actor_kind=row.actor_kind,
        actor_id=row.actor_id,
        actor_name=row.actor_name,
        reason=row.history_change_reason,
        request_id=row.request_id,
        fields=() if row.history_type == "-" else _fields(old, new),
    )


def _fields(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[FieldChange, ...]:
    return tuple(
        FieldChange(name, old.get(name, ""), value)
        for name, value in new.items()
        if old.get(name) != value
    )


RelatedNames = Mapping[tuple[type[models.Model], Any], str]


def _names(fields: Iterable[models.Field[Any, Any]], rows: Iterable[Any]) -> RelatedNames:
    """What the related rows are called, in one query a relation."""
    found: dict[tuple[type[models.Model], Any], str] = {}
    for field in fields:
        if isinstance(field, models.ForeignKey):
            target = field.remote_field.model
            keys = {getattr(row, field.attname) for row in rows} - {None}
            for pk, related in target._base_manager.in_bulk(list(keys)).items():
                found[target, pk] = str(related)
    return found


def _values(
    row: Any, fields: Iterable[models.Field[Any, Any]], named: RelatedNames, masked: Collection[str]
) -> dict[str, str]:
    values = {}
    for field in fields:
        label = str(field.verbose_name)
        values[label] = MASK if field.name in masked else _shown(row, field, named)
    for name in row.instance_type.history_of_many:
        values[name.replace("_", " ")] = _shown_many(row, name)
    return values


def _shown(row: Any, field: models.Field[Any, Any], named: RelatedNames) -> str:
    value = getattr(row, field.attname)
    if value is None or value == "":
        return NOTHING
    if isinstance(field, models.ForeignKey):
        return named.get((field.remote_field.model, value), f"#{value}")
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S} UTC"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or NOTHING
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False) if value else NOTHING
    return str(value)


def _shown_many(row: Any, name: str) -> str:
    many = row.instance_type._meta.get_field(name)
    target = many.m2m_reverse_field_name()
    related = getattr(row, name).select_related(target).order_by(target)
    return ", ".join(str(getattr(each, target)) for each in related) or NOTHING
