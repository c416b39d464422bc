"""Asks in a template whether somebody may open a page before it is offered to them."""

from __future__ import annotations

from django import template
from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from console.shell.access import opens

register = template.Library()


@register.filter
def may_open(user: User | AnonymousUser, url_name: str) -> bool:
    """Whether the page of this name is open to the person."""
    return opens(user, url_name)
