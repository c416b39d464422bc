"""Give and take roles: one person proposes, another decides; every door calls these.

Who proposes and who approves is asked here and not at the doors, because a console or a command
that calls an operation has no other gate. The database refuses the same again.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from accounts.models import FOUNDING, RoleGrant, User
from accounts.permissions import (
    OwnProposal,
    Permission,
    Role,
    permitted,
    roles_with,
    separated,
)
from core.actor import Actor, acting_as, require_said
from core.db.integrity import constraint_errors
from core.db.transactions import transaction
from core.errors import Conflict, Forbidden


class OwnRoles(Forbidden):
    """Nobody decides about their own roles."""

    code = "own_roles"
    title = "Your own roles are decided by others"


class MayNotGiveRoles(Forbidden):
    """The person's roles do not carry this."""

    code = "may_not_give_roles"
    title = "Your roles do not carry this"


class RoleUnchanged(Conflict):
    """The person has the role already, waits for it, or does not have it."""

    code = "role_unchanged"
    title = "The role would not change"


class RolesSeparated(Conflict):
    """One person would prepare and approve the same kind of change."""

    code = "roles_separated"
    title = "One person cannot hold both roles"


class RoleDecided(Conflict):
    """Somebody has decided already."""

    code = "role_decided"
    title = "This was decided already"


class LastHolder(Conflict):
    """Without this person nobody could propose, or nobody could approve, a role again."""

    code = "last_holder"
    title = "Somebody must hold this role"


_ASK = "Say why the role changes."
_FOUNDING = Actor.system("found_staff")
_ERRORS = {
    "role_grant_once": RoleUnchanged,
    "role_grant_separated": RolesSeparated,
    "role_grant_not_ones_own": OwnRoles,
    "role_grant_two_people": OwnProposal,
}


def propose(*, person: User, role: Role, by: User, at: datetime, reason: str) -> RoleGrant:
    """Ask for a role for somebody; it carries nothing until another person approves it.

    Raises: MayNotGiveRoles, OwnRoles, RoleUnchanged, RolesSeparated, ReasonMissing.
    """
    require(by, Permission.ROLE_PROPOSE)
    _require_other(person, by)
    require_said(reason, _ASK)
    with transaction(), constraint_errors(_ERRORS):
        locked = _lock(person)
        for held in locked.role_grants.filter(state__in=RoleGrant.OPEN):
            if held.role == role:
                waits = "waits to be" if held.state == RoleGrant.State.PROPOSED else "is"
                raise RoleUnchanged(f"{locked} {waits} {role.spoken} already.", field="roles")
            if separated(Role(held.role), role):
                raise RolesSeparated(
                    f"{locked} has {Role(held.role).spoken}, which cannot go together with "
                    f"{role.spoken}: one prepares what the other approves.",
                    field="roles",
                )
        with acting_as(by.actor, reason=reason):
            return RoleGrant.objects.create(
                person=locked, role=role, proposed_by=by, proposed_at=at, proposal_reason=reason
            )


def approve(*, grant: RoleGrant, by: User, at: datetime, reason: str) -> RoleGrant:
    """Give the proposed role; it counts from the person's next request on.

    Raises: MayNotGiveRoles, OwnRoles, OwnProposal, RoleDecided, PersonGone, ReasonMissing.
    """
    return _decide(grant, RoleGrant.State.GRANTED, by, at, reason)


def refuse(*, grant: RoleGrant, by: User, at: datetime, reason: str) -> RoleGrant:
    """Turn the proposal down. Raises: as approve."""
    return _decide(grant, RoleGrant.State.REFUSED, by, at, reason)


def end(*, person: User, role: Role, by: User, at: datetime, reason: str) -> RoleGrant:
    """Take a role from somebody at once: that needs one person, giving it needs two.

    Raises: MayNotGiveRoles, OwnRoles, RoleUnchanged, LastHolder, ReasonMissing.
    """
    require(by, Permission.ROLE_PROPOSE, Permission.ROLE_APPROVE)
    _require_other(person, by)
    require_said(reason, _ASK)
    with transaction():
        locked = _lock(person)
        grant = locked.role_grants.filter(role=role, state=RoleGrant.State.GRANTED).first()
        if grant is None:
            raise RoleUnchanged(f"{locked} is not {role.spoken}.", field="roles")
        return _end(grant, by, at, reason)


def end_all(*, person: User, by: User, at: datetime, reason: str) -> None:
    """Take every role from somebody who leaves, and turn down what was proposed for them.

    Inside the caller's transaction, which has locked the person.
    Raises: OwnRoles, LastHolder, MayNotGiveRoles.
    """
    require(by, Permission.ROLE_PROPOSE, Permission.ROLE_APPROVE)
    _require_other(person, by)
    for grant in person.role_grants.filter(state=RoleGrant.State.GRANTED).order_by("pk"):
        _end(grant, by, at, reason)


def found(*, people: dict[Role, User], at: datetime, reason: str) -> None:
    """Give the first operator and the first approver their roles, once in an installation.

    Raises: RoleDecided where anybody ever had a role, RolesSeparated, Invalid.
    """
    if set(people) != set(FOUNDING) or len({person.pk for person in people.values()}) != 2:
        raise RolesSeparated("Two different people found an installation.")
    with transaction(), constraint_errors(_ERRORS | {"role_grant_founded_once": RoleDecided}):
        if RoleGrant.objects.exists():
            raise RoleDecided("This installation has people with roles; they add the others.")
        with acting_as(_FOUNDING, reason=reason):
            for role, person in people.items():
                RoleGrant.objects.create(
                    person=person,
                    role=role,
                    state=RoleGrant.State.GRANTED,
                    is_founding=True,
                    proposed_at=at,
                    proposal_reason=reason,
                    decided_at=at,
                )


def _decide(grant: RoleGrant, state: str, by: User, at: datetime, reason: str) -> RoleGrant:
    require(by, Permission.ROLE_APPROVE)
    require_said(reason, _ASK)
    with transaction(), constraint_errors(_ERRORS):
        _lock(grant.person)
        locked = RoleGrant.objects.select_for_update(of=("self",)).get(pk=grant.pk)
        _require_other(locked.person, by)
        if locked.proposed_by_id == by.pk:
            raise OwnProposal(f"You proposed this; another person must decide about {locked}.")
        if locked.state != RoleGrant.State.PROPOSED:
            raise RoleDecided(f"{locked} was decided already.")
        if state == RoleGrant.State.GRANTED and not locked.person.is_active:
            raise RoleDecided(f"{locked.person} has left; refuse the proposal.")
        locked.state, locked.decided_by, locked.decided_at = state, by, at
        locked.decision_reason = reason
        with acting_as(by.actor, reason=reason):
            locked.save()
    return locked


def _end(grant: RoleGrant, by: User, at: datetime, reason: str) -> RoleGrant:
    role = Role(grant.role)
    if role in FOUNDING:
        # In the order of their ids, so that two who end each other's role cannot both succeed.
        holders = list(
            RoleGrant.objects.select_for_update(of=("self",))
            .filter(Q(person__is_active=True) | Q(pk=grant.pk))
            .filter(role=role, state=RoleGrant.State.GRANTED)
            .order_by("pk")
        )
        if len(holders) < 2:
            raise LastHolder(f"{grant.person} is the only {role.spoken}; give it to another first.")
    grant.state, grant.ended_by, grant.ended_at = RoleGrant.State.ENDED, by, at
    grant.end_reason = reason
    with acting_as(by.actor, reason=reason):
        grant.save()
    return grant


def _lock(person: User) -> User:
    locked: User = User.objects.select_for_update(of=("self",)).get(pk=person.pk)
    return locked


def require(by: User, *any_of: Permission) -> None:
    """Refuse whoever carries none of these. Raises: MayNotGiveRoles."""
    # Asked of the rows as they are now: whoever lost a role a moment ago has lost it.
    now_held = User.objects.get(pk=by.pk)
    if not any(permitted(now_held, permission) for permission in any_of):
        names = dict.fromkeys(role.spoken for each in any_of for role in roles_with(each))
        raise MayNotGiveRoles(f"This needs the role {' or '.join(names)}.")


def _require_other(person: User, by: User) -> None:
    if person.pk == by.pk:
        raise OwnRoles("Nobody decides about their own roles; ask a colleague.")
