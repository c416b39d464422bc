"""Who may open a screen, and how a refusal or a broken rule looks: the console's one translation.

`screen` wraps every view: it asks for a sign-in, checks the permission, and turns a DomainError
into the page of its status. What the permissions are is in accounts.permissions.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Final, cast

from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import resolve, reverse
from django_htmx.middleware import HtmxDetails

from accounts.models import User
from accounts.permissions import Permission, Role, permitted, roles_of, roles_with
from accounts.queries.staff import names_of_holders
from console.shell.permission_text import listed, may_text
from core.actor import current_request_id
from core.errors import DomainError
from core.filtering import check_parameters
from core.text_in import is_odd
from usage.queries.freshness import Staleness

BILLING: Final = (Permission.BILLING_READ, Permission.BILLING_READ_MASKED)
"""Customers, usage, invoices."""

COUNTS: Final = (*BILLING, Permission.COUNTS_READ)
"""How much there is and how far it is, without whose it is."""

SIMULATING: Final = (
    Permission.CATALOGUE_PROPOSE,
    Permission.CATALOGUE_APPROVE,
    Permission.USAGE_CORRECT_PROPOSE,
    Permission.USAGE_CORRECT_APPROVE,
)
"""Whoever proposes or approves what a simulation is asked for; it moves no money itself."""


MANY: Final = frozenset({"key"})
"""What an address may say several times: the rows that were ticked."""


class StaffRequest(HttpRequest):
    """A request behind `screen`: somebody is signed in."""

    user: User
    htmx: HtmxDetails
    figures_behind: Staleness | None


View = Callable[..., HttpResponseBase]

PEOPLE_NAMED = 5

_PAGES = {403: "403.html", 404: "404.html", 409: "409.html"}


def screen(*any_of: Permission) -> Callable[[View], View]:
    """Open a view to people with at least one of these permissions."""

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            if not isinstance(request.user, User):
                return redirect_to_login(request.get_full_path())
            if not any(permitted(request.user, permission) for permission in any_of):
                return refused(request, any_of)
            try:
                _refuse_twice(request)
                return view(cast(StaffRequest, request), *args, **kwargs)
            except DomainError as problem:
                return broken_rule(request, problem)

        guarded.any_of = any_of  # type: ignore[attr-defined]  # `opens` reads it
        return guarded

    return wrap


def _refuse_twice(request: HttpRequest) -> None:
    """What stands twice in an address would be read once, and nobody knows which was meant."""
    check_parameters(request.GET, request.GET.keys() - MANY, often=MANY)


def opens(user: User | AnonymousUser, url_name: str, *args: str) -> bool:
    """Whether the person may open the screen of this name: what its own `screen` asks.

    `args` are those of any address of it; what they name is not looked at.
    """
    known = _ASKED.get(url_name)
    if known is None:
        known = _ASKED[url_name] = _asked_by(url_name, args)
    return any(permitted(user, permission) for permission in known)


def who_opens(url_name: str, *args: str) -> str:
    """The roles whose people may open a screen, in words."""
    opens(AnonymousUser(), url_name, *args)
    may = {role for permission in _ASKED[url_name] for role in roles_with(permission)}
    return listed([role.spoken for role in Role if role in may])


_ASKED: Final[dict[str, tuple[Permission, ...]]] = {}


def _asked_by(url_name: str, args: tuple[str, ...]) -> tuple[Permission, ...]:
    view = resolve(reverse(url_name, args=args)).func
    any_of: tuple[Permission, ...] = view.any_of  # type: ignore[attr-defined]  # set by `screen`
    return any_of


def sees_accounts(user: User) -> bool:
    """Whether customers are named; an operator only sees how many."""
    return any(permitted(user, permission) for permission in BILLING)


def may_any(user: User, permissions: tuple[Permission, ...]) -> bool:
    """Whether the person has at least one of these permissions."""
    return any(permitted(user, permission) for permission in permissions)


def sees_personal_data(user: User) -> bool:
    """Whether addresses, tax ids and e-mail addresses are shown in full."""
    return permitted(user, Permission.BILLING_READ)


def refused(request: HttpRequest, any_of: tuple[Permission, ...]) -> HttpResponse:
    """The page that says what is needed and who may, to somebody who may not."""
    may = {role for permission in any_of for role in roles_with(permission)}
    roles = [role for role in Role if role in may]
    context = {
        "frame": "console/base.html",
        "needed": may_text(any_of),
        "roles": listed([role.spoken for role in roles]),
        "people": names_of_holders(roles, most=PEOPLE_NAMED),
        "held": listed(sorted(role.spoken for role in roles_of(request.user))),
        "request_id": current_request_id(),
    }
    return render(request, "403.html", context, status=403)


def broken_rule(request: HttpRequest, problem: DomainError) -> HttpResponse:
    """The page of a broken rule, in the rule's own words."""
    context = {
        "frame": "console/base.html",
        "message": problem.message,
        "title": problem.title,
        "sentences": getattr(problem, "sentences", ()),
        "again": "/" if is_odd(request.path) else problem.context.get("again", request.path),
        "wanted": problem.context.get("wanted", ""),
        "request_id": current_request_id(),
    }
    page = _PAGES.get(problem.status, "422.html")
    return render(request, page, context, status=problem.status)
