"""What a page cannot read is said on a page, before any view, form or sign-in meets it."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from console.shell.access import broken_rule
from core.errors import DomainError
from core.middleware import refuse_odd_text

_MACHINES = ("/api/", "/oauth/")


class ReadableTextMiddleware:
    """Outside sessions, because a cookie is text that comes in too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(_MACHINES):
            try:
                refuse_odd_text(request)
            except DomainError as refused:
                return broken_rule(request, refused)
        return self.get_response(request)
