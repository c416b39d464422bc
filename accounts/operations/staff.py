"""Add members of staff and give or take their roles."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import Group

from accounts.models import User
from accounts.permissions import Role
from core.actor import Actor, acting_as
from core.db.integrity import constraint_errors
from core.db.transactions import transaction
from core.errors import Conflict, Forbidden


class UsernameTaken(Conflict):
    """Somebody signs in under this name."""

    code = "username_taken"
    title = "This name is taken"


class OwnRoles(Forbidden):
    """Nobody gives roles to themselves."""

    code = "own_roles"
    title = "Your own roles are somebody else's decision"


class RoleUnchanged(Conflict):
    """The person has the role already, or does not have it."""

    code = "role_unchanged"
    title = "The role would not change"


def enrol(
    *,
    username: str,
    full_name: str,
    email: str,
    password: str,
    roles: Iterable[Role],
    by: Actor,
    reason: str,
) -> User:
    """Add a person who signs in with a password and holds these roles. Raises: UsernameTaken."""
    first, _, last = full_name.partition(" ")
    with (
        acting_as(by, reason=reason),
        transaction(),
        constraint_errors({"accounts_user_username_key": UsernameTaken}),
    ):
        person = User(
            username=username, first_name=first, last_name=last, email=email, is_staff=True
        )
        person.set_password(password)
        person.save()
        groups = list(_groups(roles))
        if groups:
            person.groups.set(groups)
    return person


def grant_role(*, person: User, role: Role, by: Actor, reason: str) -> None:
    """Give a person a role. Raises: RoleUnchanged, OwnRoles."""
    _require_other(person, by)
    with acting_as(by, reason=reason), transaction():
        locked = User.objects.select_for_update(of=("self",)).get(pk=person.pk)
        if locked.groups.filter(name=role).exists():
            raise RoleUnchanged(f"{locked} is {_spoken(role)} already.")
        locked.groups.add(*_groups([role]))


def set_roles(*, person: User, roles: Iterable[Role], by: Actor, reason: str) -> None:
    """Let a person hold exactly these roles; the same ones change nothing. Raises: OwnRoles."""
    with acting_as(by, reason=reason), transaction():
        locked = User.objects.select_for_update(of=("self",)).get(pk=person.pk)
        wanted = {role.value for role in roles}
        if wanted == set(locked.groups.values_list("name", flat=True)):
            return
        _require_other(person, by)
        locked.groups.set(_groups(roles))


def revoke_role(*, person: User, role: Role, by: Actor, reason: str) -> None:
    """Take a role from a person. Raises: RoleUnchanged."""
    with acting_as(by, reason=reason), transaction():
        locked = User.objects.select_for_update(of=("self",)).get(pk=person.pk)
        if not locked.groups.filter(name=role).exists():
            raise RoleUnchanged(f"{locked} is not {_spoken(role)}.")
        locked.groups.remove(*_groups([role]))


def _require_other(person: User, by: Actor) -> None:
    if by.kind == "person" and by.id == person.public_id:
        raise OwnRoles("Nobody decides on their own roles; ask another operator.")


def _groups(roles: Iterable[Role]) -> Iterable[Group]:
    return Group.objects.filter(name__in=[role.value for role in roles])


def _spoken(role: Role) -> str:
    return role.value.replace("_", " ")
