"""A resource of an account, as somebody who contests its days calls it."""

from __future__ import annotations

from django.db.models import Q

from accounts.models import Account, Resource
from core.errors import NotFound


class ResourceNotTheirs(NotFound):
    """The account has, and had, no such resource."""

    code = "resource_not_theirs"
    title = "The account has no such app or add-on"


def resource_named(account: Account, name: str) -> Resource:
    """The resource that the account has or had, by its id or its name; the last of that name.

    Raises: ResourceNotTheirs.
    """
    rows = Resource.objects.filter(
        Q(public_id=name[:64]) | Q(name=name[:255]), ownerships__account=account
    )
    found = rows.order_by("-pk").first()
    if found is None:
        raise ResourceNotTheirs(
            f"{account.name} has nothing called {name[:64]!r}.", field="resource"
        )
    return found
