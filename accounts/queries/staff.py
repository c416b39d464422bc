"""Who of the staff holds which roles, for those who look for somebody to ask."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from accounts.models import Role, RoleGrant, User


def holders_of(roles: Collection[Role]) -> frozenset[int]:
    """The keys of active people with one of these roles; one query."""
    held = RoleGrant.objects.filter(
        role__in=roles, state=RoleGrant.State.GRANTED, person__is_active=True
    )
    return frozenset(held.values_list("person_id", flat=True))


def names_of_holders(roles: Collection[Role], *, most: int) -> list[str]:
    """Active people with one of these roles, by name, as they are called; one query."""
    holders = RoleGrant.objects.filter(role__in=roles, state=RoleGrant.State.GRANTED)
    people = User.objects.filter(is_active=True, pk__in=holders.values("person_id"))
    named = people.order_by("first_name", "last_name", "username")[:most]
    return [person.get_full_name() or person.get_username() for person in named]


def roles_by_person(person_ids: Collection[int]) -> Mapping[int, frozenset[Role]]:
    """The roles that active people hold now; one query, none for nobody."""
    if not person_ids:
        return {}
    rows = RoleGrant.objects.filter(
        person_id__in=person_ids, person__is_active=True, state=RoleGrant.State.GRANTED
    ).values_list("person_id", "role")
    found: dict[int, set[Role]] = defaultdict(set)
    for person_id, role in rows:
        found[person_id].add(Role(role))
    return {person_id: frozenset(roles) for person_id, roles in found.items()}
