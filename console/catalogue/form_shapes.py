"""Documents as forms: one description of the fields serves every document of its kind.

Owns the way from a document to what is typed, and back. What a document may say is for whoever
reads it to judge; one that its description cannot hold is not shown as a form at all (`holds`).

Typed is what stands in the fields: texts, a mapping for each part, a list for rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from core.decimals import decimal_text
from core.errors import FieldError

Typed = dict[str, Any]
FIELDS_MAX = 600
"""More fields than this are edited as a document: no browser page should carry them."""

_WHOLE = re.compile(r"-?[0-9]{1,15}", re.ASCII)
_LINES = re.compile(r"[\r\n]+")


class FieldKind(StrEnum):
    """What is typed into a field."""

    TEXT = "text"
    NUMBER = "number"
    WHOLE = "whole"
    CHOICE = "choice"
    YES_NO = "yes_no"
    PAIRS = "pairs"
    VALUES = "values"


@dataclass(frozen=True, slots=True)
class SingleField:
    """One field. Left empty, the document does not have it."""

    name: str
    label: str
    kind: FieldKind = FieldKind.NUMBER
    choices: Sequence[tuple[str, str]] = ()
    help: str = ""


@dataclass(frozen=True, slots=True)
class FieldGroup:
    """An object inside the document; `short` names the field it may be written as alone."""

    name: str
    label: str
    nodes: Sequence[FieldNode]
    short: str = ""
    help: str = ""


@dataclass(frozen=True, slots=True)
class FieldRows:
    """A list of objects, a row each; `short` names the one field that is written alone.

    `key` tells a row from the others when two documents are compared. `joins` is the field where a
    row ends and the next one begins.
    """

    name: str
    label: str
    one: str
    columns: Sequence[FieldNode]
    key: str
    joins: str = ""
    stays: bool = False
    help: str = ""
    short: str = ""


@dataclass(frozen=True, slots=True)
class FieldSection:
    """Fields under a heading of their own that stand in the document beside the others."""

    label: str
    nodes: Sequence[FieldNode]
    help: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Variant:
    """What one choice of a FieldChoice is called, means and has."""

    label: str
    meaning: str
    nodes: Sequence[FieldNode]


@dataclass(frozen=True, slots=True)
class FieldChoice:
    """A field that decides which others there are; `none` words that nothing is chosen."""

    name: str
    label: str
    variants: Mapping[str, Variant]
    none: str = ""

    def nodes(self, typed: Typed) -> Sequence[FieldNode]:
        """The fields of what is chosen."""
        chosen = self.variants.get(typed.get(self.name, ""))
        return chosen.nodes if chosen else ()


@dataclass(frozen=True, slots=True)
class Nested:
    """An object whose fields depend on a choice in it."""

    name: str
    one_of: FieldChoice


FieldNode = SingleField | FieldGroup | FieldSection | FieldRows | FieldChoice | Nested


class FieldUnreadable(Exception):
    """What is typed into one field cannot be read."""


def read_pairs(text: str) -> dict[str, str]:
    """Names and values, one pair to a line or comma. Raises: FieldUnreadable."""
    pairs: dict[str, str] = {}
    for part in _LINES.sub(",", text).split(","):
        if not part.strip():
            continue
        name, _, said = (each.strip() for each in part.partition("="))
        if not name or not said or name in pairs:
            raise FieldUnreadable(
                f"{part.strip()!r} is not one name and its value; write size=standard-1x."
            )
        pairs[name] = said
    return pairs


def pairs_text(pairs: Mapping[str, str]) -> str:
    """Pairs as read_pairs reads them."""
    return ", ".join(f"{name}={value}" for name, value in pairs.items())


def typed_of(nodes: Sequence[FieldNode], document: Any) -> Typed:
    """What stands in the fields of a document."""
    said: Mapping[str, Any] = document if isinstance(document, Mapping) else {}
    typed: Typed = {}
    for node in nodes:
        typed |= _typed(node, said)
    return typed


def _typed(node: FieldNode, said: Mapping[str, Any]) -> Typed:
    value = said.get(node.name)
    match node:
        case SingleField():
            return {node.name: _text(node, value)}
        case FieldChoice():
            chosen: Typed = {node.name: value if isinstance(value, str) else ""}
            return chosen | typed_of(node.nodes(chosen), said)
        case Nested():
            return {node.name: typed_of([node.one_of], value)}
        case FieldGroup():
            if node.short and not isinstance(value, Mapping) and value is not None:
                value = {node.short: value}
            return {node.name: typed_of(node.nodes, value)}
        case FieldRows():
            rows = value if isinstance(value, list) else []
            return {node.name: [typed_of(node.columns, _row(node, row)) for row in rows]}
        case FieldSection():
            return typed_of(node.nodes, said)


def _row(node: FieldRows, row: Any) -> Any:
    is_alone = bool(node.short) and not isinstance(row, Mapping)
    return {node.short: row} if is_alone else row


def _text(item: SingleField, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | Decimal):
        return decimal_text(Decimal(value))
    if item.kind is FieldKind.PAIRS and isinstance(value, Mapping):
        return pairs_text(value)
    if item.kind is FieldKind.VALUES and isinstance(value, Mapping | list):
        named = value if isinstance(value, Mapping) else {str(name): () for name in value}
        return "\n".join(
            f"{name}: {', '.join(map(str, values))}" if values else name
            for name, values in named.items()
        )
    return value if isinstance(value, str) else ""


def typed_in(nodes: Sequence[FieldNode], data: Mapping[str, Any], at: str) -> Typed:
    """What a browser sent for the fields under `at`."""
    typed: Typed = {}
    for node in nodes:
        name = f"{at}-{node.name}"
        match node:
            case SingleField():
                typed[node.name] = str(data.get(name, "")).strip()
            case FieldChoice():
                typed[node.name] = str(data.get(name, ""))
                typed |= typed_in(node.nodes(typed), data, at)
            case Nested():
                typed[node.name] = typed_in([node.one_of], data, name)
            case FieldGroup():
                typed[node.name] = typed_in(node.nodes, data, name)
            case FieldRows():
                typed[node.name] = [
                    typed_in(node.columns, data, f"{name}-{number}")
                    for number in _numbers(data, name)
                ]
            case FieldSection():
                typed |= typed_in(node.nodes, data, at)
    return typed


def _numbers(data: Mapping[str, Any], name: str) -> list[str]:
    """The numbers of the rows that were sent, in order."""
    row = re.compile(rf"{re.escape(name)}-([0-9]{{1,4}})-", re.ASCII)
    found = {match[1] for match in map(row.match, data) if match}
    return sorted(found, key=int)


def is_blank(typed: Any) -> bool:
    """Whether nothing is typed."""
    if isinstance(typed, Mapping):
        return all(is_blank(each) for each in typed.values())
    return not typed or (isinstance(typed, list) and all(is_blank(each) for each in typed))


def without_blank_rows(typed: Any) -> Any:
    """What is typed, without rows in which nothing is."""
    if isinstance(typed, Mapping):
        return {name: without_blank_rows(each) for name, each in typed.items()}
    if isinstance(typed, list):
        return [without_blank_rows(each) for each in typed if not is_blank(each)]
    return typed


def document_of(
    nodes: Sequence[FieldNode], typed: Typed, problems: list[FieldError], pointer: str = ""
) -> dict[str, Any]:
    """The document that is typed; what cannot be read is added to `problems`."""
    document: dict[str, Any] = {}
    for node in nodes:
        at, said = f"{pointer}/{node.name}", typed.get(node.name)
        match node:
            case FieldChoice():
                document |= {node.name: said} if said else {}
                document |= document_of(node.nodes(typed), typed, problems, pointer)
                continue
            case FieldSection():
                document |= document_of(node.nodes, typed, problems, pointer)
                continue
            case SingleField():
                value = _value(node, str(said or ""), at, problems)
            case Nested():
                value = document_of([node.one_of], said or {}, problems, at) or None
            case FieldGroup():
                value = document_of(node.nodes, said or {}, problems, at) or None
                value = _alone(node.short, value)
            case FieldRows():
                value = [
                    _alone(node.short, document_of(node.columns, row, problems, f"{at}/{number}"))
                    for number, row in enumerate(said or [])
                ]
                value = value if value or node.stays else None
        if value is not None:
            document[node.name] = value
    return document


def _alone(short: str, value: Any) -> Any:
    """An object as the one field it may be written as."""
    return value[short] if value is not None and set(value) == {short} else value


def _value(item: SingleField, text: str, at: str, problems: list[FieldError]) -> Any:
    if item.kind is FieldKind.PAIRS:
        try:
            # Matching nothing in particular is what the last cell of a matrix says.
            return read_pairs(text) if text or item.name == "match" else None
        except FieldUnreadable as problem:
            problems.append(FieldError(at, "pairs", str(problem)))
            return None
    if not text:
        return None
    if item.kind is FieldKind.YES_NO:
        return text == "yes"
    if item.kind is FieldKind.VALUES:
        return _values(text)
    return int(text) if item.kind is FieldKind.WHOLE and _WHOLE.fullmatch(text) else text


def _values(text: str) -> Any:
    """A name to a line, with its values after a colon; only names make a list."""
    named: dict[str, list[str]] = {}
    for line in filter(None, map(str.strip, _LINES.split(text))):
        name, _, values = line.partition(":")
        named[name.strip()] = [each.strip() for each in values.split(",") if each.strip()]
    return named if any(named.values()) else list(named)


def field_count(typed: Any) -> int:
    """How many fields there are."""
    if isinstance(typed, Mapping):
        return sum(map(field_count, typed.values()))
    return sum(map(field_count, typed)) if isinstance(typed, list) else 1


def holds(
    nodes: Sequence[FieldNode], document: Any, same: Callable[[Any, Any], bool] | None = None
) -> bool:
    """Whether the form can show a document without losing any of it."""
    typed = typed_of(nodes, document)
    if field_count(typed) > FIELDS_MAX:
        return False
    problems: list[FieldError] = []
    back = document_of(nodes, typed, problems)
    is_same = plain(back) == plain(document) or bool(same and same(back, document))
    return is_same and not problems


def plain(value: Any) -> Any:
    """A document with its numbers as texts and without what is not there."""
    if isinstance(value, Mapping):
        return {name: plain(each) for name, each in value.items() if each is not None}
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return decimal_text(Decimal(value))
    return value
