"""A request id for every request: taken from the caller when it is sound, always answered.

Owns X-Request-Id in, Request-Id out, and the open context in which nobody acts yet. Who acts is
found later, by the door that authenticates.
"""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from structlog.contextvars import bound_contextvars

from core.actor import in_request
from core.ids import new_id

_SOUND = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,99}", re.ASCII)

GetResponse = Callable[[HttpRequest], HttpResponse]


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
