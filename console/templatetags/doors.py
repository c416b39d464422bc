"""Asks in a template whether somebody may open a page, and which page a record has."""

from __future__ import annotations

from typing import Any, Final

from django import template
from django.contrib.auth.models import AnonymousUser
from django.urls import reverse

from accounts.models import User
from console.shell.access import opens, who_opens

register = template.Library()


_PAGES: Final = {
    "acc": "console:account",
    "adj": "console:adjustment",
    "crn": "console:credit-note",
    "inv": "console:invoice",
    "pay": "console:payment",
    "prp": "console:proposal",
    "res": "console:resource",
    "run": "console:run",
}
"""By the prefix of a public id, which is all that such a page asks for."""


@register.filter
def page_of_id(public_id: str) -> str:
    """The page of the record with this id; empty where its kind has none."""
    page = _PAGES.get(public_id.partition("_")[0])
    return reverse(page, args=[public_id]) if page else ""


@register.inclusion_tag("_components/door.html", takes_context=True)
def door(context: Any, url_name: str, label: str, *, look: str = "", icon: str = "") -> Any:
    """An action with a page of its own: a link, or a button that is off and says who may."""
    user = context["user"]
    is_open = opens(user, url_name)
    return {
        "url": reverse(url_name),
        "label": label,
        "look": look,
        "icon": icon,
        "is_open": is_open,
        "who": "" if is_open else who_opens(url_name),
        "name": f"who-{url_name.rpartition(':')[2]}",
    }


@register.filter
def may_open(user: User | AnonymousUser, url_name: str) -> bool:
    """Whether the page of this name is open to the person."""
    return opens(user, url_name)
