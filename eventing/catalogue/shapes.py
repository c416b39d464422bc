"""How a type of event is described: its fields, their JSON Schema, an example.

Owns the words of the catalogue. Which types there are is in the modules beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

Schema = dict[str, Any]

VERSION: Final = 1
"""Fields are only added to a type; one that would lose a field becomes another type."""


@dataclass(frozen=True, slots=True)
class FieldShape:
    """One field of a payload; it may be null, or left out, where it says so."""

    schema: Mapping[str, Any]
    example: Any
    is_nullable: bool = False
    is_sometimes: bool = False

    @property
    def as_schema(self) -> Schema:
        if not self.is_nullable:
            return dict(self.schema)
        return {"anyOf": [dict(self.schema), {"type": "null"}]}


def text(example: str, says: str = "") -> FieldShape:
    """Any text."""
    return FieldShape(_said({"type": "string"}, says), example)


def one_of(*words: str) -> FieldShape:
    """A word of a list that may grow."""
    listed = "One of " + ", ".join(words) + "; the list may grow."
    return FieldShape(_said({"type": "string"}, listed), words[0])


def id_of(prefix: str) -> FieldShape:
    """A public id."""
    return FieldShape(
        {"type": "string", "pattern": f"^{prefix}_[0-9a-z]{{26}}$"}, example_id(prefix)
    )


def instant() -> FieldShape:
    """An instant, RFC 3339."""
    return FieldShape({"type": "string", "format": "date-time"}, "2026-04-01T00:00:00+00:00")


def day() -> FieldShape:
    """A day."""
    return FieldShape({"type": "string", "format": "date"}, "2026-04-01")


def number(example: int = 3) -> FieldShape:
    """A whole number."""
    return FieldShape({"type": "integer"}, example)


def truth() -> FieldShape:
    """True or false."""
    return FieldShape({"type": "boolean"}, True)


def money(example: str = "77.50") -> FieldShape:
    """An amount."""
    return FieldShape(_MONEY, {"currency": "USD", "decimal": example})


def texts(*example: str) -> FieldShape:
    """A list of texts."""
    return FieldShape({"type": "array", "items": {"type": "string"}}, list(example))


def details(example: Mapping[str, Any]) -> FieldShape:
    """An object whose keys depend on what it is about."""
    return FieldShape({"type": "object"}, dict(example))


def amounts() -> FieldShape:
    """Amounts, one a currency."""
    return FieldShape({"type": "array", "items": _MONEY}, [{"currency": "USD", "decimal": "77.50"}])


def anything(example: Any) -> FieldShape:
    """What depends on what it is about."""
    return FieldShape({}, example)


def period() -> FieldShape:
    """A half-open period."""
    instants = {"start": instant().as_schema, "end": instant().as_schema}
    schema = {"type": "object", "required": ["start", "end"], "properties": instants}
    return FieldShape(
        schema, {"start": "2026-03-01T00:00:00+00:00", "end": "2026-04-01T00:00:00+00:00"}
    )


def maybe(shape: FieldShape) -> FieldShape:
    """The field is always there, and may be null."""
    return FieldShape(shape.schema, shape.example, is_nullable=True)


def sometimes(shape: FieldShape) -> FieldShape:
    """The field is there where it applies."""
    return FieldShape(shape.schema, shape.example, is_sometimes=True)


@dataclass(frozen=True, slots=True)
class PublishedType:
    """A type of event. What is not `for_partners` never leaves the house."""

    name: str
    says: str
    subject: str
    """The prefix of the subject's id; empty where it is a name."""
    for_partners: bool
    fields: Mapping[str, FieldShape] = field(default_factory=dict)

    @property
    def schema(self) -> Schema:
        """The JSON Schema of `data`."""
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": schema_id(self.name),
            "title": self.name,
            "description": self.says,
            "type": "object",
            "required": [name for name, each in self.fields.items() if not each.is_sometimes],
            "properties": {name: each.as_schema for name, each in self.fields.items()},
        }

    @property
    def example(self) -> dict[str, Any]:
        """A payload of this type."""
        return {name: each.example for name, each in self.fields.items()}

    @property
    def example_subject(self) -> str:
        """A subject of this type."""
        return example_id(self.subject) if self.subject else "INV"


def for_partners(name: str, says: str, subject: str, /, **fields: FieldShape) -> PublishedType:
    """A type that partners hear of, of the accounts they may read."""
    return PublishedType(name, says, subject, True, MappingProxyType(fields))


def in_house(name: str, says: str, subject: str, /, **fields: FieldShape) -> PublishedType:
    """A type that only internal teams hear of."""
    return PublishedType(name, says, subject, False, MappingProxyType(fields))


def schema_id(name: str) -> str:
    """What names the schema of a type."""
    return f"urn:counterfoil:event:{name}:{VERSION}"


def example_id(prefix: str) -> str:
    """An id as examples show it."""
    return f"{prefix}_01m83jjcngnq373wdxy66w1ets"


_MONEY: Final[Schema] = {
    "type": "object",
    "required": ["currency", "decimal"],
    "properties": {
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
        "decimal": {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"},
    },
}


def _said(schema: Schema, says: str) -> Schema:
    return schema | {"description": says} if says else schema
