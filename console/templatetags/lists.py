"""The head of a column that a list can be sorted by, and links to a list as a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import template
from django.http import HttpRequest, QueryDict
from django.middleware.csrf import get_token
from django.urls import NoReverseMatch, reverse

from console.shell.access import opens
from console.shell.files import CSV, XLSX
from console.shell.saved_views import is_list, kept, shown_views
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


@register.inclusion_tag("_components/saved_views.html", takes_context=True)
def saved_views(context: Any) -> dict[str, Any]:
    """The views of the list that this page is, and a form that saves one; nothing elsewhere."""
    request = context["request"]
    at = request.resolver_match
    page = at.url_name if at is not None and not at.kwargs else ""
    if not page or not is_list(page) or not opens(request.user, f"console:{page}"):
        return {}
    return {
        "page": page,
        "views": shown_views(request.user, page),
        "query": kept(request.GET),
        "token": get_token(request),
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
