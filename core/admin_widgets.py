"""Choosing a row by search: what was typed instead of a row's number is no row, and no error."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple

_DIGITS_MAX = 18


class ChosenRow(AutocompleteSelect):
    """One row; the form says beside it that another value is none."""

    def optgroups(self, name: str, value: Any, attrs: Any = None) -> Any:
        """The chosen row, where there is one."""
        return super().optgroups(name, _numbers(value), attrs)


class ChosenRows(AutocompleteSelectMultiple):
    """The same for several."""

    def optgroups(self, name: str, value: Any, attrs: Any = None) -> Any:
        """The chosen rows, where there are any."""
        return super().optgroups(name, _numbers(value), attrs)


def _numbers(values: Iterable[Any]) -> list[str]:
    # The look-up of what was chosen is not guarded as the field's own is.
    texts = [str(each) for each in values]
    return [
        text
        for text in texts
        if not text or (text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX)
    ]
