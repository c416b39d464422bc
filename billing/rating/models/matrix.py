"""Prices that depend on dimensions: one cell for each combination of values.

Owns which cell a usage falls in: the most specific match wins, two equally specific matches are
refused when the price is read. A combination without a cell is never free by accident: rating
refuses it. Every cell holds a price model of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, product
from math import prod
from typing import ClassVar

from billing.rating.models.base import CannotRate, Caution, Model
from billing.rating.models.simple import PerUnit
from billing.rating.reading import Fields, pointer_of

_CELLS_MAX = 2_000
_COMBINATIONS_CHECKED = 100_000
_MISSING_NAMED = 50


@dataclass(frozen=True, slots=True)
class Cell:
    """The model for usage whose dimensions have these values; a dimension left out matches any."""

    match: Mapping[str, str]
    model: Model


@dataclass(frozen=True)
class Matrix:
    """A price by dimensions. `values` are the known values of each dimension, empty if not said.

    It prices nothing itself: rating takes the model of the cell a usage falls in.
    """

    values: Mapping[str, tuple[str, ...]]
    cells: tuple[Cell, ...]

    name: ClassVar[str] = "matrix"
    kind: ClassVar[str] = "usage"
    takes_events: ClassVar[bool] = False

    @property
    def is_final_only(self) -> bool:
        """Whether any cell waits for the end of the period; rating asks the cell itself."""
        return any(cell.model.is_final_only for cell in self.cells)

    def cell(self, dimensions: Mapping[str, str]) -> Cell:
        """Return the most specific cell for a usage.

        Raises: CannotRate when there is none.
        """
        cell = self._find(dimensions)
        if cell is None:
            shown = ", ".join(f"{name}={dimensions.get(name, '?')}" for name in self.values)
            raise CannotRate(f"The matrix has no cell for {shown}.", field="dimensions")
        return cell

    def _find(self, dimensions: Mapping[str, str]) -> Cell | None:
        for names, cells in self._most_specific_first:
            cell = cells.get(tuple(dimensions.get(name) for name in names))
            if cell is not None:
                return cell
        return None

    @cached_property
    def _most_specific_first(
        self,
    ) -> list[tuple[tuple[str, ...], dict[tuple[str | None, ...], Cell]]]:
        index: dict[tuple[str, ...], dict[tuple[str | None, ...], Cell]] = {}
        for cell in self.cells:
            names = tuple(sorted(cell.match))
            index.setdefault(names, {})[tuple(cell.match[name] for name in names)] = cell
        return sorted(index.items(), key=lambda entry: -len(entry[0]))

    def review(self) -> Iterator[Caution]:
        """Name missing combinations, orphaned cells, and what each cell's model finds."""
        yield from self._orphans()
        yield from islice(self._missing(), _MISSING_NAMED)
        for position, cell in enumerate(self.cells):
            for caution in cell.model.review():
                inner = "" if isinstance(cell.model, PerUnit) else "/price"
                yield caution._replace(pointer=f"/cells/{position}{inner}{caution.pointer}")

    def _orphans(self) -> Iterator[Caution]:
        for position, cell in enumerate(self.cells):
            for name, value in cell.match.items():
                known = self.values.get(name, ())
                if known and value not in known:
                    yield Caution(
                        f"/cells/{position}/match/{name}",
                        "cell_orphaned",
                        f"{value} is not a value of {name}; no usage can fall in this cell.",
                    )

    def _missing(self) -> Iterator[Caution]:
        if not all(self.values.values()):
            return
        if prod(len(values) for values in self.values.values()) > _COMBINATIONS_CHECKED:
            detail = "There are too many combinations to look for missing cells."
            yield Caution("/dimensions", "cells_unchecked", detail)
            return
        for combination in product(*self.values.values()):
            dimensions = dict(zip(self.values, combination, strict=True))
            if self._find(dimensions) is None:
                shown = ", ".join(f"{name}={value}" for name, value in dimensions.items())
                yield Caution("/cells", "cell_missing", f"No cell for {shown}.")


PriceModel = Model | Matrix


def read_matrix(fields: Fields, read_model: Callable[[Fields], PriceModel | None]) -> Matrix:
    """Read {"dimensions": {name: [values]} or [names], "cells": [{"match", "unit_price"|"price"}]}.

    `read_model` reads the model of a cell; a matrix inside a matrix is refused.
    """
    values = _read_dimensions(fields)
    cells: list[Cell] = []
    entries = list(fields.objects("cells", longest=_CELLS_MAX))
    for entry in entries:
        match = entry.text_map("match")
        for name in match:
            if name not in values:
                pointer = entry.at("match") + pointer_of(name)
                detail = f"{name} is not a dimension here."
                fields.problems.add(pointer, "dimension_unknown", detail)
        model = _read_cell_model(entry, read_model)
        entry.close()
        if model is not None:
            cells.append(Cell(match, model))
    if not entries and fields.required("cells"):
        fields.problem("cells", "cells_missing", "There must be at least one cell.")
    _refuse_ambiguity(fields, cells)
    return Matrix(values, tuple(cells))


def _read_dimensions(fields: Fields) -> dict[str, tuple[str, ...]]:
    if not fields.required("dimensions"):
        return {}
    given = fields.raw("dimensions")
    if isinstance(given, list) and given and all(isinstance(name, str) for name in given):
        return dict.fromkeys(given, ())
    if isinstance(given, Mapping) and given:
        inner = fields.object("dimensions")
        return {name: tuple(_texts(inner, name)) for name in given}
    fields.problem("dimensions", "type", "Name the dimensions: a list, or an object of values.")
    return {}


def _texts(fields: Fields, name: str) -> Iterator[str]:
    for pointer, value in fields.items(name):
        if isinstance(value, str):
            yield value
        else:
            fields.problems.add(pointer, "type", "A value of a dimension is a text.")


def _read_cell_model(
    entry: Fields, read_model: Callable[[Fields], PriceModel | None]
) -> Model | None:
    if "price" in entry and "unit_price" in entry:
        entry.raw("unit_price")
        entry.problem("price", "choice", "A cell has a unit_price or a price, not both.")
    inner = entry.optional_object("price")
    if inner is None:
        return PerUnit(entry.decimal("unit_price", at_least="0"))
    model = read_model(inner)
    inner.close()
    if model is not None and model.name == Matrix.name:
        inner.problem("model", "choice", "A matrix cannot hold another matrix.")
        return None
    if model is not None and (model.takes_events or model.kind != "usage"):
        inner.problem("model", "choice", f"A cell cannot hold a {model.name} price.")
        return None
    assert not isinstance(model, Matrix)
    return model


def _refuse_ambiguity(fields: Fields, cells: list[Cell]) -> None:
    """Note each cell that meets another equally specific one; the first of each pair is named."""
    seen: dict[tuple[str, ...], dict[tuple[str, ...], int]] = {}
    for position, cell in enumerate(cells):
        names = tuple(sorted(cell.match))
        values = tuple(cell.match[name] for name in names)
        other = seen.setdefault(names, {}).setdefault(values, position)
        if other == position:
            other = _crossing(position, cells, names, seen)
        if other != position:
            fields.problems.add(
                f"{fields.at('cells')}/{position}/match",
                "cell_ambiguous",
                f"Usage can fall in this cell and in cell {other}, and neither is more specific.",
            )


def _crossing(
    position: int,
    cells: list[Cell],
    names: tuple[str, ...],
    seen: Mapping[tuple[str, ...], Mapping[tuple[str, ...], int]],
) -> int:
    """Return an earlier cell that names as many, but other, dimensions and can match too."""
    match = cells[position].match
    for other_names, others in seen.items():
        if other_names == names or len(other_names) != len(names):
            continue
        for other in others.values():
            shared = set(names) & set(other_names)
            if all(match[name] == cells[other].match[name] for name in shared):
                return other
    return position
