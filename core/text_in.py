"""Text that comes with a request, before anybody reads it: address, query, headers, cookies.

Owns what may stand in them: UTF-8 without control characters, NUL above all, which PostgreSQL has
in no text. The doors ask once, outside every view, so that no view, form or filter meets it.
Bodies have readers of their own: core.json_reader for JSON, the fields of a form for forms.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote_to_bytes

from django.http import HttpRequest

from core.errors import Invalid, Malformed

_ODD: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_BREAKS_A_HEADER: Final = re.compile("[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")


class UnreadableAddress(Invalid):
    """A value in the address means nothing."""

    code = "address_unreadable"
    title = "The address cannot be read"


class UnreadableHeader(Malformed):
    """A header holds a character no header can hold."""

    code = "header_invalid"
    title = "A header cannot be read"


def is_odd(text: str) -> bool:
    """Whether a text holds a control character or half a character."""
    return _ODD.search(text) is not None


def refuse_odd_text(request: HttpRequest) -> None:
    """Refuse what no view could read; cookies are not ours then, and are left aside.

    Raises: UnreadableAddress, UnreadableHeader.
    """
    if is_odd(request.path):
        raise UnreadableAddress("The address holds a control character.")
    _refuse_odd_query(request.META.get("QUERY_STRING", ""))
    for name, value in request.META.items():
        if name.startswith(("HTTP_", "CONTENT_TYPE")) and _BREAKS_A_HEADER.search(str(value)):
            said = name.removeprefix("HTTP_").replace("_", "-").title()
            raise UnreadableHeader(f"The header {said} holds a control character.")
    for name, value in list(request.COOKIES.items()):
        if is_odd(name) or is_odd(value):
            del request.COOKIES[name]


def _refuse_odd_query(query: str) -> None:
    if not query:
        return
    for part in query.split("&"):
        name, _, value = part.partition("=")
        try:
            text = unquote_to_bytes(f"{name}={value}".encode("latin-1", "replace")).decode()
        except UnicodeDecodeError:
            raise UnreadableAddress(f"{_shown(name)} in the address is not UTF-8.") from None
        if is_odd(text):
            raise UnreadableAddress(f"{_shown(name)} in the address holds a control character.")


def _shown(name: str) -> str:
    return unquote_to_bytes(name[:120]).decode("utf-8", "backslashreplace")[:40] or "A value"
