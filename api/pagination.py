"""Pages by key: stable while rows are added, and as fast on the last page as on the first.

The cursor is opaque to clients. It holds the order and the last row's place in it, so a cursor
used with another order is refused. No list is ever counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from django.db.models import Model, QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from api.cursors import CursorInvalid, cursor_of, place_of
from core.db.keyset_pages import beyond
from core.errors import Malformed

LIMIT_DEFAULT: Final = 50
LIMIT_MAX: Final = 200


class LimitRange(Malformed):
    """The page size is no number from 1 to the maximum."""

    code = "limit_range"
    title = "The limit is out of range"


class UnknownSort(Malformed):
    """The list cannot be ordered by that."""

    code = "unknown_sort"
    title = "Unknown order"


@dataclass(frozen=True, slots=True)
class RequestedOrder:
    """A column of the model, one direction, ties broken by primary key."""

    name: str
    column: str
    is_descending: bool

    def apply(self, rows: QuerySet[Any], after: tuple[Any, int] | None) -> QuerySet[Any]:
        sign, than = ("-", "lt") if self.is_descending else ("", "gt")
        if after is not None:
            rows = rows.filter(beyond(dict(zip((self.column, "pk"), after, strict=True)), than))
        return rows.order_by(f"{sign}{self.column}", f"{sign}pk")


class KeysetPagination(BasePagination):
    """Answers {"data", "has_more", "next_cursor"} and a Link header."""

    parameters: Final = frozenset({"limit", "cursor", "order"})

    def paginate_queryset(
        self, queryset: Any, request: Request, view: APIView | None = None
    ) -> list[Any]:
        orders: dict[str, str] = getattr(view, "orders", {})
        self.request = request
        self.limit = limit_of(request.query_params.get("limit"))
        self.order = _order(request.query_params.get("order"), orders)
        after = _after(request.query_params.get("cursor"), self.order, queryset.model)
        found = list(self.order.apply(queryset, after)[: self.limit + 1])
        self.page, self.has_more = found[: self.limit], len(found) > self.limit
        return self.page

    def get_paginated_response(self, data: Sequence[Any]) -> Response:
        cursor = _cursor(self.order, self.page[-1]) if self.has_more else None
        headers = {}
        if cursor is not None:
            following = replace_query_param(self.request.build_absolute_uri(), "cursor", cursor)
            headers["Link"] = f'<{following}>; rel="next"'
        return Response(
            {"data": data, "has_more": self.has_more, "next_cursor": cursor}, headers=headers
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["data", "has_more", "next_cursor"],
            "properties": {
                "data": schema,
                "has_more": {"type": "boolean"},
                "next_cursor": {"type": ["string", "null"]},
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        names = [sign + name for name in view.orders for sign in ("", "-")]
        return [
            _parameter("limit", {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX}),
            _parameter("cursor", {"type": "string"}),
            _parameter("order", {"type": "string", "enum": names}),
        ]


def _parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema}


def limit_of(text: str | None) -> int:
    """The page size asked for, or the usual one. Raises: LimitRange."""
    if text is None:
        return LIMIT_DEFAULT
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= LIMIT_MAX):
        raise LimitRange(f"limit is a number from 1 to {LIMIT_MAX}.", field="limit")
    return int(text)


def _order(text: str | None, orders: dict[str, str]) -> RequestedOrder:
    asked = next(iter(orders)) if text is None else text
    name = asked.removeprefix("-")
    if name not in orders:
        raise UnknownSort(f"order is one of {', '.join(orders)}, or -name.", field="order")
    return RequestedOrder(name, orders[name], asked.startswith("-"))


def _cursor(order: RequestedOrder, row: Model) -> str:
    value = getattr(row, order.column)
    text = row._meta.get_field(order.column).value_to_string(row)  # type: ignore[union-attr]
    assert value is not None, "lists are ordered by columns that are never null"
    return cursor_of(row._meta.label, [order.name, order.is_descending, text, row.pk])


def _after(cursor: str | None, order: RequestedOrder, model: type[Model]) -> tuple[Any, int] | None:
    if cursor is None:
        return None
    name, is_descending, text, pk = place_of(model._meta.label, cursor)
    if (name, is_descending) != (order.name, order.is_descending):
        raise CursorInvalid("The cursor belongs to another order of this list.", field="cursor")
    return cast(Any, model._meta.get_field(order.column)).to_python(text), pk
