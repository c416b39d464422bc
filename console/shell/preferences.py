"""What a person chose for their own screen: theme, density, single-key shortcuts.

Kept in cookies so that the server can set it on <html> before the first paint. Not a setting of
the product and not in the database: it says nothing about money.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpResponse

COOKIE_MAX_AGE_S = 400 * 86_400  # the longest browsers keep a cookie

CHOICES: Mapping[str, Mapping[str, str]] = {
    "theme": {"system": "System", "light": "Light", "dark": "Dark"},
    "density": {"regular": "Regular", "compact": "Compact"},
    "shortcuts": {"on": "On", "off": "Off"},
}
LABELS = {"theme": "Theme", "density": "Rows", "shortcuts": "Shortcuts"}


@dataclass(frozen=True, slots=True)
class Preferences:
    """The choices in force; the defaults are what a new browser gets."""

    theme: str = "system"
    density: str = "regular"
    shortcuts: str = "on"


def read_preferences(cookies: Mapping[str, str]) -> Preferences:
    """The choices a request carries; a value nobody offered counts as not chosen."""
    chosen = {
        name: cookies[name] for name, values in CHOICES.items() if cookies.get(name) in values
    }
    return Preferences(**chosen)


def remember(response: HttpResponse, name: str, value: str, *, secure: bool) -> None:
    """Keep one choice in its cookie."""
    response.set_cookie(
        name, value, max_age=COOKIE_MAX_AGE_S, secure=secure, httponly=True, samesite="Lax"
    )
