"""Pages of long lists by keyset: no offset, no count, the same speed on page one and page thousand.

A cursor is the public name of the row at the edge of a page, so it can be read, shared and checked;
the sort value it stands for is looked up again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet

from core.db.transactions import one_snapshot
from core.errors import Invalid

PAGE_SIZE = 50
MOST_DIGITS = 19

_STALE = "The list has changed since. Start again at its first page."

RowT = TypeVar("RowT")
ShownT = TypeVar("ShownT")
ModelT = TypeVar("ModelT", bound=Model)


class UnknownCursor(Invalid):
    """The row a page starts after is not in the list (any more)."""

    code = "cursor_unknown"
    title = "This page of the list does not exist"


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page begins: after a row, or before one; neither is the first page. `size` is how
    many rows it has, as many as its list shows where it is 0.
    """

    after: str = ""
    before: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True)
class Page(Generic[RowT]):
    """Some rows of a list; `newer` and `older` are cursors of the neighbours, empty at the ends."""

    rows: Sequence[RowT]
    newer: str = ""
    older: str = ""

    def showing(self, show: Callable[[RowT], ShownT]) -> Page[ShownT]:
        """The same page with each row turned into what is shown of it."""
        return Page([show(row) for row in self.rows], self.newer, self.older)


class ReadsPage(Protocol[RowT]):
    """A query that gives the page of a list at a position."""

    def __call__(self, *, position: Position) -> Page[RowT]:
        """The page."""


@dataclass(frozen=True, slots=True)
class PageOrder:
    """The order of a list: a sort column and those that decide `then`, the primary key unless told
    otherwise. All go one way, and together they are unique. One of them may be `nullable`; null is
    the greatest there is, as PostgreSQL sorts it.

    `cursor` is the column that names a row in an address; where it is the sort column itself, that
    column is a unique whole number.
    """

    field: str
    descending: bool = True
    cursor: str = "public_id"
    then: tuple[str, ...] = ("pk",)
    nullable: str = ""

    def reversed(self) -> PageOrder:
        """The same order from its other end."""
        return replace(self, descending=not self.descending)

    @property
    def columns(self) -> tuple[str, ...]:
        """All that are sorted by."""
        return self.field, *self.then

    @property
    def names(self) -> tuple[str, ...]:
        """For order_by."""
        sign = "-" if self.descending else ""
        return tuple(f"{sign}{column}" for column in self.columns)


def page_of(
    queryset: QuerySet[ModelT], *, order: PageOrder, position: Position, size: int = PAGE_SIZE
) -> Page[ModelT]:
    """One page of a queryset; one query, two with a cursor.

    Raises: UnknownCursor.
    """
    size = position.size or size
    backwards = bool(position.before)
    direction = order.reversed() if backwards else order
    edge = position.before or position.after
    rows = queryset.filter(_beyond(queryset, direction, edge)) if edge else queryset
    found = list(rows.order_by(*direction.names)[: size + 1])
    has_more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    has_newer = has_more if backwards else bool(position.after)
    has_older = has_more if not backwards else True
    return Page(
        found,
        newer=str(getattr(found[0], order.cursor)) if found and has_newer else "",
        older=str(getattr(found[-1], order.cursor)) if found and has_older else "",
    )


def every_row(read: ReadsPage[RowT], *, size: int) -> Iterator[RowT]:
    """All rows of a list, `size` at a time, by the query that gives its pages; as they were at one
    instant where no transaction is open yet.
    """
    with one_snapshot():
        after = ""
        while True:
            page = read(position=Position(after=after, size=size))
            yield from page.rows
            if not page.older:
                return
            after = page.older


def _beyond(queryset: QuerySet[ModelT], direction: PageOrder, edge: str) -> Q:
    operator = "lt" if direction.descending else "gt"
    if direction.cursor == direction.field:
        return Q(**{f"{direction.field}__{operator}": _whole_number(edge)})
    try:
        named = queryset.filter(**{direction.cursor: edge})
    except (ValueError, ValidationError):
        raise UnknownCursor(_STALE) from None
    at = named.values_list(*direction.columns).first()
    if at is None:
        raise UnknownCursor(_STALE)
    place = dict(zip(direction.columns, at, strict=True))
    return beyond(place, operator, nullable=direction.nullable)


def beyond(place: Mapping[str, Any], operator: str, *, nullable: str = "") -> Q:
    """Rows on one side of a place, `lt` or `gt`: by its first column, and where that is the same by
    the next. In the `nullable` column null is the greatest there is.
    """
    found, same = Q(), Q()
    for column, value in place.items():
        found |= same & _past(column, value, operator, is_nullable=column == nullable)
        same &= Q(**{f"{column}__isnull": True}) if value is None else Q(**{column: value})
    return found


def _past(column: str, value: Any, operator: str, *, is_nullable: bool) -> Q:
    if value is None:
        return Q(**{f"{column}__isnull": False}) if operator == "lt" else Q(pk__in=())
    past = Q(**{f"{column}__{operator}": value})
    return past | Q(**{f"{column}__isnull": True}) if is_nullable and operator == "gt" else past


def _whole_number(edge: str) -> int:
    if not (edge.isascii() and edge.isdigit() and len(edge) < MOST_DIGITS):
        raise UnknownCursor(_STALE)
    return int(edge)
