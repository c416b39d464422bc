"""A signed-in person acts in everything their request does.

Only where sessions count: never under the machines' paths, where a cookie means nothing.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from accounts.models import User
from core.actor import acting_as

_MACHINE_PATHS = ("/api/", "/oauth/")


class PersonActsMiddleware:
    """After authentication. Gives no reason: a change asks the person for one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(_MACHINE_PATHS) or not isinstance(request.user, User):
            return self.get_response(request)
        with acting_as(request.user.actor):
            return self.get_response(request)
