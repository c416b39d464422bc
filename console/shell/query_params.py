"""What a screen reads from its address: the place in a list and the choices of a filter row."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import TypeVar
from uuid import UUID

from django.http import HttpRequest

from billing.invoicing.queries.line_pages import WantedLines
from core.db.keyset_pages import MOST_DIGITS, PAGE_SIZE, Position
from core.filtering import NounFilters
from core.instants import read_day
from core.text_in import UnreadableAddress


def position_of(request: HttpRequest) -> Position:
    """Where the page of a list begins."""
    return Position(after=request.GET.get("after", ""), before=request.GET.get("before", ""))


FiltersT = TypeVar("FiltersT", bound=NounFilters)


def filters_of(request: HttpRequest, filters: type[FiltersT], *beside: str) -> FiltersT:
    """What the list is narrowed by; `beside` are what else its address may say.

    Raises: UnknownParameter, ParameterTwice, ParameterInvalid.
    """
    others = {"after", "before", *beside}
    return filters.asked(request.GET, beside=others, blank_is_all=True)


def lines_wanted(request: HttpRequest) -> WantedLines:
    """Which page of a bill's lines. Raises: UnreadableAddress."""
    return WantedLines(position_of(request), number_of(request, "line"))


def choice(request: HttpRequest, name: str, choices: Collection[str]) -> str:
    """One of the choices, or empty for all. Raises: UnreadableAddress."""
    value = request.GET.get(name, "")
    if value and value not in choices:
        raise UnreadableAddress(f"{name} cannot be {value[:40]!r}.", field=name)
    return value


def words(request: HttpRequest, name: str, *, longest: int = 200) -> str:
    """Free text, trimmed."""
    return request.GET.get(name, "").strip()[:longest]


def day_of(request: HttpRequest, name: str) -> date | None:
    """A calendar day as 2026-10-31, or None. Raises: DateInvalid."""
    value = request.GET.get(name, "")
    return read_day(value, field=name) if value else None


def month_of(request: HttpRequest, name: str) -> date | None:
    """The first day of a calendar month written as 2026-10, or None. Raises: DateInvalid."""
    value = request.GET.get(name, "")
    return read_day(f"{value}-01", field=name) if value else None


def number_of(request: HttpRequest, name: str) -> int | None:
    """A whole number that fits a row's, or None. Raises: UnreadableAddress."""
    value = request.GET.get(name, "")
    if not value:
        return None
    if not (value.isascii() and value.isdigit() and len(value) < MOST_DIGITS):
        raise UnreadableAddress(f"{value[:40]!r} is not a number.", field=name)
    return int(value)


def keys_of(request: HttpRequest) -> list[UUID]:
    """The events that were ticked; at most a page of them. Raises: UnreadableAddress."""
    values = request.GET.getlist("key")
    if len(values) > PAGE_SIZE:
        raise UnreadableAddress(f"Choose at most {PAGE_SIZE} events, or all.", field="key")
    try:
        return [UUID(value) for value in values]
    except ValueError:
        raise UnreadableAddress("This is no key of an event.", field="key") from None
