"""Who of the staff holds which roles, for those who look for somebody to ask."""

from __future__ import annotations

from collections.abc import Collection

from accounts.models import Role, RoleGrant, User


def names_of_holders(roles: Collection[Role], *, most: int) -> list[str]:
    """Active people with one of these roles, by name, as they are called; one query."""
    holders = RoleGrant.objects.filter(role__in=roles, state=RoleGrant.State.GRANTED)
    people = User.objects.filter(is_active=True, pk__in=holders.values("person_id"))
    named = people.order_by("first_name", "last_name", "username")[:most]
    return [person.get_full_name() or person.get_username() for person in named]
