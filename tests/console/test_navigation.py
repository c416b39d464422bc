"""Every screen stands under a destination of the top bar."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.urls import URLPattern, URLResolver

from console.shell.navigation import DESTINATIONS
from console.urls import urlpatterns

OF_NO_DESTINATION = {
    "journal",  # a file
    "paper",  # files and their proofs, without the bar
    "preferences",
    "search",
    "shortcuts",
    "style",
    "tokens",
}


def names(patterns: Iterable[URLPattern | URLResolver]) -> Iterator[str]:
    for each in patterns:
        if isinstance(each, URLResolver):
            yield from names(each.url_patterns)
        elif each.name:
            yield each.name


def test_a_screen_is_marked_in_the_bar_whatever_its_name_begins_with() -> None:
    sections = set[str]().union(*(each.sections for each in DESTINATIONS))
    first_words = {name.split("-", 1)[0] for name in names(urlpatterns)}

    assert first_words - sections == OF_NO_DESTINATION
