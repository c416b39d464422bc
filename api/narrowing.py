"""Filter sets as DRF and the OpenAPI document want them: one list narrowed, its filters described.

Which filters a noun has is said beside the noun; here is only how a query reaches them.
"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request

from api.pagination import KeysetPagination
from core.filtering import NounFilters, choices_of


class ByNounFilters(BaseFilterBackend):
    """Narrows a list by the view's `filters`; a single row is not narrowed."""

    def filter_queryset(
        self, request: Request, queryset: QuerySet[Any], view: Any
    ) -> QuerySet[Any]:
        if view.filters is None or view.action != "list":
            return queryset
        query: QueryDict = request.query_params
        filters: NounFilters = view.filters.asked(query, beside=KeysetPagination.parameters)
        return filters.narrow(queryset)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [] if view.filters is None else parameters_of(view.filters)


def parameters_of(filters: type[NounFilters]) -> list[dict[str, Any]]:
    """The filters of a noun as OpenAPI parameters."""
    found = []
    for name, each in filters.base_filters.items():
        schema: dict[str, Any] = {"type": "string"}
        allowed = choices_of(each.field)
        if allowed:
            schema["enum"] = allowed
        found.append({"name": name, "in": "query", "required": False, "schema": schema})
    return found
