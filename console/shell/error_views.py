"""Pages for what went wrong outside a screen: no such address, not allowed, an outage, a defect."""

from __future__ import annotations

import sys

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from accounts.models import User
from accounts.permissions import roles_of
from console.shell.permission_text import listed
from console.shell.preferences import read_preferences
from core.actor import current_request_id
from core.db.outage import DatabaseAway, DatabaseBusy, outage_of


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: offers the last word of the address to the search."""
    wanted = request.path.rstrip("/").rpartition("/")[2][:100]
    context = {"frame": _frame(request), "wanted": wanted, "request_id": current_request_id()}
    return render(request, "404.html", context, status=404)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403 from outside a screen, such as the admin."""
    context = {
        "frame": _frame(request),
        "held": listed(sorted(role.spoken for role in roles_of(_user_of(request)))),
        "request_id": current_request_id(),
    }
    return render(request, "403.html", context, status=403)


def _user_of(request: HttpRequest) -> User | AnonymousUser:
    return getattr(request, "user", None) or AnonymousUser()


def _frame(request: HttpRequest) -> str:
    """The way to go on, for those who have one."""
    return "console/base.html" if roles_of(_user_of(request)) else "solo.html"


def server_error(request: HttpRequest) -> HttpResponse:
    """503 where the database is away or too slow, else 500; both name the request id."""
    outage = outage_of(sys.exc_info()[1])
    if outage is not None:
        return unavailable(request, outage)
    return _without_database(request, "500.html", status=500)


def unavailable(request: HttpRequest, outage: DatabaseAway | DatabaseBusy) -> HttpResponse:
    """503: what to do, and no claim about what was saved, since nobody knows."""
    page = _without_database(request, "503.html", status=503, outage=outage)
    for name, value in outage.headers.items():
        page.headers[name] = value
    return page


def _without_database(
    request: HttpRequest, template: str, *, status: int, **context: object
) -> HttpResponse:
    """A page that asks the database for nothing: not for the session, nor for who signed in."""
    shown = {"request_id": current_request_id(), "preferences": read_preferences(request.COOKIES)}
    return HttpResponse(render_to_string(template, shown | context), status=status)
