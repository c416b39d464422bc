"""The head of a column that a list can be sorted by, and links to a list as a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import template
from django.http import HttpRequest, QueryDict
from django.urls import NoReverseMatch, reverse

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
def file_links(context: Any, page: str = "", *args: object, **options: str) -> dict[str, Any]:
    """Links to a list as a file in every form, as it is narrowed now; to the list of this address
    where no `page` is named, and none where it has no file.

    `label` says of what where that is not plain, `look` how the buttons look; `query` stands for
    what the address asks otherwise.
    """
    asked: QueryDict = context["request"].GET.copy()
    for place in ("after", "before"):
        asked.pop(place, None)
    query = options.get("query", asked.urlencode())
    links = _named(page, args) if page else _of_this(context["request"])
    return {
        "links": [(kind, url + (f"?{query}" if query else "")) for kind, url in links],
        "label": options.get("label", ""),
        "look": options.get("look", "button--plain"),
        "as_foot": options.get("as_foot", ""),
    }


def _named(page: str, args: Sequence[object]) -> list[tuple[str, str]]:
    return [(kind.upper(), reverse(page, args=[*args, kind])) for kind in (CSV, XLSX)]


def _of_this(request: HttpRequest) -> list[tuple[str, str]]:
    at = request.resolver_match
    if at is None:
        return []
    try:
        return [
            (kind.upper(), reverse(f"{at.view_name}-file", kwargs={**at.kwargs, "kind": kind}))
            for kind in (CSV, XLSX)
        ]
    except NoReverseMatch:
        return []
