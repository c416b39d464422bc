"""The head of a column that a list can be sorted by, and links to a list as a file."""

from __future__ import annotations

from typing import Any

from django import template
from django.http import QueryDict
from django.urls import reverse

from console.shell.files import CSV, XLSX
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


@register.inclusion_tag("_components/file_links.html", takes_context=True)
def file_links(context: Any, page: str, *args: object, **options: str) -> dict[str, Any]:
    """Links to a list as a file in every form, as it is narrowed now.

    `label` says of what where that is not plain, `look` how the buttons look; `query` stands for
    what the address asks otherwise.
    """
    asked: QueryDict = context["request"].GET.copy()
    for place in ("after", "before"):
        asked.pop(place, None)
    query = options.get("query", asked.urlencode())
    return {
        "links": [
            (kind.upper(), reverse(page, args=[*args, kind]) + (f"?{query}" if query else ""))
            for kind in (CSV, XLSX)
        ],
        "label": options.get("label", ""),
        "look": options.get("look", "button--plain"),
    }
