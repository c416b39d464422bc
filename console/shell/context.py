"""What every page needs around its content: preferences, navigation, environment.

Asks for nothing but the roles of whoever looks, and only where a page has the top bar.
"""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from console.shell.navigation import navigation
from console.shell.preferences import CHOICES, LABELS, read_preferences


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: the frame of the page."""
    match = request.resolver_match
    url_name = match.url_name if match is not None and match.namespace == "console" else None
    chosen = read_preferences(request.COOKIES)
    return {
        "preferences": chosen,
        "preference_choices": [
            (name, LABELS[name], getattr(chosen, name), values.items())
            for name, values in CHOICES.items()
        ],
        "navigation": SimpleLazyObject(lambda: navigation(url_name, _user_of(request))),
        "environment_name": settings.ENVIRONMENT_NAME,
        "figures_behind": getattr(request, "figures_behind", None),
    }


def _user_of(request: HttpRequest) -> User | AnonymousUser:
    return cast(User | AnonymousUser, getattr(request, "user", AnonymousUser()))
