"""Filters of the records: every choice has a name, also the one of rows that say nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.admin import AllValuesFieldListFilter, FieldListFilter
from django.db.models import CharField

NOTHING = "none"


class NamedValues(AllValuesFieldListFilter):
    """The values there are; the empty one is called none."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        """What one can narrow by."""
        for choice in super().choices(changelist):
            yield choice | {"display": choice["display"] or NOTHING}


def _is_free_text(field: Any) -> bool:
    return isinstance(field, CharField) and not field.flatchoices


def name_every_choice() -> None:
    """Have every filter by free text name the empty value, in all records."""
    FieldListFilter.register(_is_free_text, NamedValues, take_priority=True)
