"""What every page needs around its content: preferences, navigation, environment. No queries."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

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
        "navigation": navigation(url_name),
        "environment_name": settings.ENVIRONMENT_NAME,
    }
