"""A signed-in person acts in everything their request does, and is signed in for a time.

Only where sessions count: never under the machines' paths, where a cookie means nothing.
"""

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

from accounts.models import User
from core.actor import acting_as
from core.clock import now

_MACHINE_PATHS = ("/api/", "/oauth/")
_BEGAN, _SEEN = "began_at", "seen_at"
_WRITTEN_EVERY: Final = 20
"""Parts of the idle time after which it is written down again that somebody was there."""


def sign_in_is_seen(*, request: HttpRequest, **_: object) -> None:
    """Note when a session began: with what signing in writes anyway."""
    request.session[_BEGAN] = request.session[_SEEN] = int(now().timestamp())


class SessionLimitsMiddleware:
    """After authentication. Signs out who did nothing for too long, or has been signed in too long.

    Being there is written down now and then, so that reading pages writes little.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(_MACHINE_PATHS) and isinstance(request.user, User):
            self._look_at(request)
        return self.get_response(request)

    def _look_at(self, request: HttpRequest) -> None:
        session, at = request.session, int(now().timestamp())
        began, seen = session.get(_BEGAN, at), session.get(_SEEN, at)
        idle = settings.SESSION_IDLE_SECONDS
        if at - began >= settings.SESSION_LONGEST_SECONDS or at - seen >= idle:
            logout(request)
            return
        if _BEGAN not in session:
            session[_BEGAN] = at
        if _SEEN not in session or at - seen >= idle // _WRITTEN_EVERY:
            session[_SEEN] = at


class PersonActsMiddleware:
    """After authentication. Gives no reason: a change asks the person for one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(_MACHINE_PATHS) or not isinstance(request.user, User):
            return self.get_response(request)
        with acting_as(request.user.actor):
            return self.get_response(request)
