"""Searching the lists of the admin: what stands in another table is looked up there first.

One condition over two tables would have the database join and read both from end to end, whatever
their indexes; the keys of what was found in the one lead straight to the rows of the other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.utils.text import smart_split, unescape_string_literal

_LOOKUPS = {"=": "iexact", "^": "istartswith"}
_NAMED_LOOKUPS = ("exact", "startswith")
_QUOTES = ('"', "'")


def matching(rows: QuerySet[Any], fields: Sequence[str], text: str) -> QuerySet[Any]:
    """The rows that have every word of the text in one of these fields, named as in
    `ModelAdmin.search_fields`; one query for each table they lead to, of each word.
    """
    lookups = [_lookup(name) for name in fields]
    for word in smart_split(text):
        if word.startswith(_QUOTES) and word[0] == word[-1]:
            word = unescape_string_literal(word)
        rows = rows.filter(_has(rows.model, lookups, word))
    return rows


def _lookup(name: str) -> str:
    if name[0] in _LOOKUPS:
        return f"{name[1:]}__{_LOOKUPS[name[0]]}"
    return name if name.endswith(_NAMED_LOOKUPS) else f"{name}__icontains"


def _has(model: type[Model], lookups: Sequence[str], word: str) -> Q:
    found = Q(pk__in=[])
    elsewhere: dict[str, list[str]] = defaultdict(list)
    for lookup in lookups:
        first, _, rest = lookup.partition("__")
        if model._meta.get_field(first).is_relation:
            elsewhere[first].append(rest)
        else:
            found |= Q(**{lookup: word})
    for first, rests in elsewhere.items():
        related: Any = model._meta.get_field(first).related_model
        keys = related._default_manager.filter(_has(related, rests, word)).values_list("pk")
        found |= Q(**{f"{first}__one_of": [key for (key,) in keys]})
    return found
