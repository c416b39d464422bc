"""The head of a column that a list can be sorted by."""

from __future__ import annotations

from typing import Any

from django import template

from console.shell.sorting import Sorting

register = template.Library()


@register.inclusion_tag("_components/sort_head.html", takes_context=True)
def sort_head(context: Any, column: str, label: str, *, figure: bool = False) -> dict[str, Any]:
    """A heading that is a link: it sorts by its column, and again the other way round."""
    sorting: Sorting = context["sorting"]
    return {
        "request": context["request"],
        "label": label,
        "figure": figure,
        "said": sorting.said_of(column),
        "asks": sorting.next_of(column),
    }
