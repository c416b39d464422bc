"""What nodes share: connections of Relay, money, and how a list is asked for."""

from __future__ import annotations

from typing import Annotated, Any, Generic, TypeVar

import strawberry
from strawberry.types import Info

from api.graphql.cost import FIRST_DEFAULT, FIRST_MAX
from api.graphql.kinds import NodeKind
from api.graphql.loading import Found, GraphReader, Slice, cursor_at, id_of
from core.errors import Invalid
from core.money import Money

First = Annotated[int, strawberry.argument(description=f"How many, up to {FIRST_MAX}.")]
After = Annotated[str | None, strawberry.argument(description="A cursor that the list gave.")]
Reading = Info[GraphReader, None]
NodeT = TypeVar("NodeT")


class FirstOutOfRange(Invalid):
    """A list is asked for more than it gives at once, or for less than nothing."""

    code = "limit_range"
    title = "The limit is out of range"


@strawberry.interface(name="Node", description="Something with an id that is its own.")
class GraphNode:
    """A row and its kind; fields read the row."""

    kind: strawberry.Private[NodeKind]
    row: strawberry.Private[Any]

    @strawberry.field
    def id(self) -> strawberry.ID:
        return strawberry.ID(id_of(self.kind, self.row))


@strawberry.type(name="Money", description="An amount; `decimal` is exact.")
class MoneyShape:
    currency: str
    minor: int
    decimal: str


@strawberry.type
class PageInfo:
    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class Edge(Generic[NodeT]):
    cursor: str
    node: NodeT


@strawberry.type(name="Connection")
class NodeConnection(Generic[NodeT]):
    """Some nodes of a list, in its order. No list is counted."""

    edges: list[Edge[NodeT]]
    page_info: PageInfo

    @strawberry.field
    def nodes(self) -> list[NodeT]:
        return [each.node for each in self.edges]


def money_shape(minor: int, currency: str) -> MoneyShape:
    """An amount as it is answered."""
    decimal, _, code = str(Money.from_minor(minor, currency)).partition(" ")
    return MoneyShape(currency=code, minor=minor, decimal=decimal)


def require_first(first: int) -> None:
    """Raises: FirstOutOfRange."""
    if not 0 <= first <= FIRST_MAX:
        raise FirstOutOfRange(f"first is from 0 to {FIRST_MAX}.", field="first")


def slice_of(kind: NodeKind, path: str, first: int, after: str | None, **narrowed: Any) -> Slice:
    """What is asked of a list. Raises: FirstOutOfRange."""
    require_first(first)
    return Slice(kind, path, first, after, tuple(sorted(narrowed.items())))


def connection_of(kind: NodeKind, found: Found, shape: Any) -> Any:
    """Rows as a connection of their shape."""
    edges = [
        Edge(cursor=cursor_at(kind, row), node=shape(kind=kind, row=row)) for row in found.rows
    ]
    end = edges[-1].cursor if edges else None
    return NodeConnection(
        edges=edges, page_info=PageInfo(has_next_page=found.has_more, end_cursor=end)
    )


__all__ = [
    "FIRST_DEFAULT",
    "After",
    "First",
    "GraphNode",
    "MoneyShape",
    "NodeConnection",
    "Reading",
    "require_first",
]
