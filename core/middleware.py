"""A request id for every request: taken from the caller when it is sound, always answered.

Owns X-Request-Id in, Request-Id out, and the open context in which nobody acts yet. Who acts is
found later, by the door that authenticates. Owns too which text of a request can be read at all;
each door asks, and answers in its own form.
"""

import re
from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from structlog.contextvars import bound_contextvars

from core.actor import in_request
from core.ids import new_id
from core.text_in import BREAKS_A_HEADER, UnreadableAddress, UnreadableHeader, is_odd

_SOUND = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,99}", re.ASCII)

GetResponse = Callable[[HttpRequest], HttpResponse]


WATCHED = frozenset({"/livez", "/readyz", "/metrics"})
"""What those ask who watch a process: at its address, and by no name that it answers to."""


class WatchedMiddleware:
    """Outermost: a probe or a scrape names the process's own address as the host, whatever it is.

    What these pages say depends on no name, so it is as if they had asked by the right one.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path in WATCHED and settings.ALLOWED_HOSTS:
            first = settings.ALLOWED_HOSTS[0].lstrip(".")
            request.META["HTTP_HOST"] = "localhost" if first == "*" else first
        return self.get_response(request)


class RequestIdMiddleware:
    """Outermost but for security: everything inside can name the request it belongs to."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = request_id_of(request.headers.get("X-Request-Id", ""))
        with in_request(request_id), bound_contextvars(request_id=request_id):
            response = self.get_response(request)
        response.headers["Request-Id"] = request_id
        return response


def request_id_of(offered: str) -> str:
    """The caller's own id where it is sound, otherwise a new one."""
    return offered if _SOUND.fullmatch(offered) else new_id("req")


def refuse_odd_text(request: HttpRequest) -> None:
    """Refuse what no view could read; cookies are not ours then, and are left aside.

    Raises: UnreadableAddress, UnreadableHeader.
    """
    if is_odd(request.path):
        raise UnreadableAddress("The address holds a control character.")
    _refuse_odd_query(request.META.get("QUERY_STRING", ""))
    for name, value in request.META.items():
        if name.startswith(("HTTP_", "CONTENT_TYPE")) and BREAKS_A_HEADER.search(str(value)):
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
