"""What a list is as a file: its columns, and what stands in each of them for a row.

The address of a list with +csv/ or +xlsx/ behind it asks the list's own view, so that the file is
narrowed, sorted and opened to the same people as the page, and has all of its rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import reduce
from typing import Any, Final

from django.http import HttpResponseBase
from django.urls import URLPattern, path

from console.shell.files import list_file
from core.csv_out import CsvNumber, instant_text
from core.db.keyset_pages import Page, every_row
from core.decimals import decimal_text
from core.money import Money

READ_AT_ONCE: Final = 500

Column = str | Callable[[Any], object]
"""What stands in a column: an attribute of the row, with dots, or what a function says of it."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A list as a file: its name without the ending, and its columns by their heads, in order."""

    name: str
    columns: Mapping[str, Column]

    def of_pages(self, kind: str, read: Callable[..., Page[Any]]) -> HttpResponseBase:
        """All rows of a list with pages, read while they are sent."""
        return self.of_rows(kind, every_row(read, size=READ_AT_ONCE))

    def of_rows(self, kind: str, rows: Iterable[Any]) -> HttpResponseBase:
        """These rows."""
        return list_file(kind, self.name, list(self.columns), map(self.cells, rows))

    def cells(self, row: Any) -> Sequence[object]:
        """What is written of a row."""
        return [_written(_said(column, row)) for column in self.columns.values()]


def with_file(
    route: str, view: Callable[..., HttpResponseBase], *, name: str
) -> Sequence[URLPattern]:
    """The addresses of a list and of its files; the view takes `kind`, empty for the page."""
    return (
        path(f"{route}+<file_kind:kind>/", view, name=f"{name}-file"),
        path(route, view, name=name),
    )


def sums(pick: Callable[[Any], Iterable[Money]]) -> Callable[[Any], str]:
    """Amounts of several currencies in one cell, the code first: a sign that began the cell would
    make a formula of it."""
    return lambda row: ", ".join(f"{each.currency} {each.amount:f}" for each in pick(row))


def _said(column: Column, row: Any) -> object:
    if not isinstance(column, str):
        return column(row)
    return reduce(_attribute, column.split("."), row)


def _attribute(of: Any, name: str) -> Any:
    return None if of is None else getattr(of, name)


def _written(value: object) -> object:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case Money():
            return value.amount
        case Decimal():
            return CsvNumber(decimal_text(value))
        case datetime():
            return instant_text(value, "UTC")
        case date():
            return value.isoformat()
        case int():
            return value
        case list() | tuple():
            return ", ".join(map(str, value))
    return str(value)
