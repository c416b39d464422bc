"""A described document as a page shows it: fields with values and problems, beside what it was.

Owns names and ids of the fields, which row is new, and the submits that add or remove a row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from console.catalogue.form_shapes import (
    FIELDS_MAX,
    FieldChoice,
    FieldGroup,
    FieldKind,
    FieldNode,
    FieldRows,
    FieldSection,
    Nested,
    SingleField,
    Typed,
    field_count,
    is_blank,
    typed_in,
    without_blank_rows,
)
from core.errors import FieldError

ADD, REMOVE, CHANGE = "add", "remove", "change"


@dataclass(frozen=True, slots=True)
class ShownField:
    """A field; `was` is None where there is nothing it could differ from."""

    name: str
    label: str
    spoken: str
    kind: str
    value: str
    choices: Sequence[tuple[str, str]]
    help: str
    errors: Sequence[str]
    was: str | None
    shape: str = "field"

    @property
    def is_changed(self) -> bool:
        """Whether it says something else than before."""
        return self.was is not None and self.was != self.value

    @property
    def was_text(self) -> str:
        """What it said before, in words."""
        return dict(self.choices).get(self.was or "", self.was or "") or "empty"


@dataclass(frozen=True, slots=True)
class ShownPart:
    """An object: its fields under one heading."""

    label: str
    nodes: Sequence[ShownNode]
    is_blank: bool
    help: str
    shape: str = "part"

    @property
    def has_errors(self) -> bool:
        """Whether something in it is refused."""
        return any(errors_in(self.nodes))

    @property
    def is_changed(self) -> bool:
        """Whether something in it differs from before."""
        return any(each.is_changed for each in self.nodes)


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row; `start` is where it begins, when rows join."""

    name: str
    number: int
    nodes: Sequence[ShownNode]
    start: str | None
    is_new: bool

    @property
    def is_long(self) -> bool:
        """Whether it holds more than fields, so that it is no row of a table."""
        return any(each.shape != "field" for each in self.nodes)


@dataclass(frozen=True, slots=True)
class ShownRows:
    """A list, a row each, and what was there before and is gone."""

    name: str
    label: str
    one: str
    rows: Sequence[ShownRow]
    columns: Sequence[str]
    joins: str
    gone: Sequence[str]
    errors: Sequence[str]
    help: str
    is_full: bool
    shape: str = "rows"

    @property
    def is_changed(self) -> bool:
        """Whether a row came, went or differs."""
        return bool(self.gone) or any(
            row.is_new or any(each.is_changed for each in row.nodes) for row in self.rows
        )

    @property
    def is_table(self) -> bool:
        """Whether each row is a line of plain fields."""
        return not any(row.is_long for row in self.rows)


@dataclass(frozen=True, slots=True)
class ShownChoice:
    """A choice and the fields that follow from it."""

    field: ShownField
    meaning: str
    nodes: Sequence[ShownNode]
    shape: str = "choice"

    @property
    def is_changed(self) -> bool:
        """Whether the choice or what follows differs from before."""
        return self.field.is_changed or any(each.is_changed for each in self.nodes)


ShownNode = ShownField | ShownPart | ShownRows | ShownChoice


@dataclass(frozen=True, slots=True)
class FieldProblems:
    """What is wrong, by JSON pointer; a problem stands at the nearest field there is."""

    found: Sequence[FieldError] = ()

    def at(self, pointer: str, *, within: bool = True) -> list[str]:
        """What is said of a place; of all there is in it, unless fields of its own say it."""
        return [
            error.detail
            for error in self.found
            if error.pointer == pointer or (within and error.pointer.startswith(f"{pointer}/"))
        ]


@dataclass(frozen=True, slots=True)
class FormSheet:
    """The fields of one document in a form, under the name `at`."""

    nodes: Sequence[FieldNode]
    at: str
    typed: Typed
    before: Typed | None = None
    problems: FieldProblems = field(default_factory=FieldProblems)

    @property
    def shown(self) -> list[ShownNode]:
        """The fields as the page shows them."""
        return self._nodes(self.nodes, self.typed, self.before, self.at, "", "")

    def said(self, problems: Sequence[FieldError]) -> FormSheet:
        """The sheet with what is wrong."""
        return replace(self, problems=FieldProblems(tuple(problems)))

    def _nodes(
        self,
        nodes: Sequence[FieldNode],
        typed: Typed,
        before: Typed | None,
        at: str,
        pointer: str,
        spoken: str,
    ) -> list[ShownNode]:
        shown: list[ShownNode] = []
        for node in nodes:
            name, place = f"{at}-{node.name}", f"{pointer}/{node.name}"
            was = before.get(node.name) if before is not None else None
            match node:
                case SingleField():
                    shown.append(self._field(node, typed, was, name, place, spoken))
                case FieldChoice():
                    shown.append(self._choice(node, typed, before, at, pointer, spoken))
                case Nested():
                    inner = typed.get(node.name) or {}
                    shown += self._nodes([node.one_of], inner, was, name, place, spoken)
                case FieldGroup():
                    inner = typed.get(node.name) or {}
                    said = f"{node.label}, "
                    parts = self._inner(node.nodes, inner, was, name, place, said)
                    shown.append(ShownPart(node.label, parts, is_blank(inner), node.help))
                case FieldSection():
                    parts = self._nodes(node.nodes, typed, before, at, pointer, spoken)
                    said_here = {each.name: typed.get(each.name) for each in node.nodes}
                    shown.append(ShownPart(node.label, parts, is_blank(said_here), node.help))
                case FieldRows():
                    shown.append(self._rows(node, typed, was, name, place))
        return shown

    def _inner(
        self, nodes: Sequence[FieldNode], typed: Typed, was: Any, name: str, place: str, spoken: str
    ) -> list[ShownNode]:
        """The fields of an object; what is said of all of it stands at the first."""
        shown = self._nodes(nodes, typed, was, name, place, spoken)
        alone = [each.detail for each in self.problems.found if each.pointer == place]
        if alone and isinstance(shown[0], ShownField):
            shown[0] = replace(shown[0], errors=[*shown[0].errors, *alone])
        return shown

    def _field(
        self, item: SingleField, typed: Typed, was: Any, name: str, pointer: str, spoken: str
    ) -> ShownField:
        choices = item.choices
        if item.kind in (FieldKind.CHOICE, FieldKind.YES_NO) and "" not in dict(choices):
            choices = (("", "as usual"), *choices)
        label = f"{spoken}{item.label[:1].lower()}{item.label[1:]}" if spoken else item.label
        return ShownField(
            name=name,
            label=item.label,
            spoken=label,
            kind=item.kind.value,
            value=str(typed.get(item.name, "")),
            choices=choices,
            help=item.help,
            errors=self.problems.at(pointer),
            was=was if isinstance(was, str) else None,
        )

    def _choice(
        self,
        node: FieldChoice,
        typed: Typed,
        before: Typed | None,
        at: str,
        pointer: str,
        spoken: str,
    ) -> ShownChoice:
        chosen = node.variants.get(typed.get(node.name, ""))
        choices = [(name, variant.label) for name, variant in node.variants.items()]
        if node.none:
            choices.insert(0, ("", node.none))
        item = SingleField(node.name, node.label, FieldKind.TEXT, choices)
        was = before.get(node.name, "") if before is not None else None
        shown = self._field(item, typed, was, f"{at}-{node.name}", f"{pointer}/{node.name}", spoken)
        nodes = self._nodes(node.nodes(typed), typed, before, at, pointer, spoken)
        return ShownChoice(shown, chosen.meaning if chosen else "", nodes)

    def _rows(self, node: FieldRows, typed: Typed, was: Any, name: str, pointer: str) -> ShownRows:
        rows: list[Typed] = typed.get(node.name) or []
        earlier = {each.get(node.key, ""): each for each in was or []}
        shown, start = [], "0" if node.joins else None
        for number, row in enumerate(rows):
            same = earlier.pop(row.get(node.key, ""), None)
            inner = self._inner(
                node.columns,
                row,
                same,
                f"{name}-{number}",
                f"{pointer}/{number}",
                f"{node.one} {number + 1}, ".capitalize(),
            )
            is_new = same is None and was is not None
            shown.append(ShownRow(f"{name}-{number}", number + 1, inner, start, is_new))
            start = row.get(node.joins) or start if node.joins else None
        return ShownRows(
            name=name,
            label=node.label,
            one=node.one,
            rows=shown,
            columns=[each.label for each in node.columns if isinstance(each, SingleField)],
            joins=node.joins,
            gone=[_row_text(node, each) for each in earlier.values()],
            errors=[each.detail for each in self.problems.found if each.pointer == pointer],
            help=node.help,
            is_full=field_count(self.typed) > FIELDS_MAX,
        )


def errors_in(nodes: Sequence[ShownNode]) -> list[tuple[str, str, str]]:
    """(name, spoken label, what is wrong) of every field that is refused."""
    found: list[tuple[str, str, str]] = []
    for node in nodes:
        match node:
            case ShownField():
                found += [(node.name, node.spoken, text) for text in node.errors]
            case ShownPart():
                found += errors_in(node.nodes)
            case ShownChoice():
                found += errors_in([node.field]) + errors_in(node.nodes)
            case ShownRows():
                found += [(node.name, node.label, text) for text in node.errors]
                found += chain.from_iterable(errors_in(row.nodes) for row in node.rows)
    return found


def typed_after(nodes: Sequence[FieldNode], data: Mapping[str, Any], at: str) -> tuple[Typed, bool]:
    """What is typed, a row added or removed where that was asked, and whether it was."""
    typed = typed_in(nodes, data, at)
    added, removed = str(data.get(ADD, "")), str(data.get(REMOVE, ""))
    if added.startswith(f"{at}-") or removed.startswith(f"{at}-"):
        _edit_rows(nodes, typed, at, added, removed)
        return typed, True
    if CHANGE in data:
        return typed, True
    return without_blank_rows(typed), False


def _edit_rows(nodes: Sequence[FieldNode], typed: Typed, at: str, added: str, removed: str) -> None:
    for node in nodes:
        name = f"{at}-{node.name}"
        match node:
            case FieldRows():
                rows: list[Typed] = typed[node.name]
                kept = [row for number, row in enumerate(rows) if removed != f"{name}-{number}"]
                for number, row in enumerate(kept):
                    _edit_rows(node.columns, row, f"{name}-{number}", added, removed)
                if added == name:
                    _add_row(node, kept)
                typed[node.name] = kept
            case FieldChoice():
                _edit_rows(node.nodes(typed), typed, at, added, removed)
            case Nested():
                _edit_rows([node.one_of], typed[node.name], name, added, removed)
            case FieldGroup():
                _edit_rows(node.nodes, typed[node.name], name, added, removed)
            case FieldSection():
                _edit_rows(node.nodes, typed, at, added, removed)
            case SingleField():
                pass


def _add_row(node: FieldRows, rows: list[Typed]) -> None:
    """An empty row; before the open one at the end, where rows join."""
    is_open = bool(rows) and bool(node.joins) and not rows[-1].get(node.joins)
    blank = typed_in(node.columns, {}, "")
    if is_open and not is_blank(rows[-1]):
        rows.insert(len(rows) - 1, blank)
    else:
        rows.append(blank)


def _row_text(node: FieldRows, row: Typed) -> str:
    """A row that is gone, in a few words."""
    said = [
        f"{each.label.lower()} {row[each.name]}"
        for each in node.columns
        if isinstance(each, SingleField) and row.get(each.name)
    ]
    return ", ".join(said) or "an empty one"
