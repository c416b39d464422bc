"""Invite members of staff, change what is known of them, found an installation.

Nobody is given a password: an invited person chooses one behind a link that goes to their own
mailbox. So the mailbox is as good as the roles, and is not changed under somebody who holds some.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator

from accounts.invitations import send_link, send_link_after_commit
from accounts.models import RoleGrant, User
from accounts.operations import roles
from accounts.permissions import Permission, Role
from core.actor import Actor, acting_as
from core.db.integrity import constraint_errors
from core.db.transactions import transaction
from core.errors import Conflict, Invalid


class UsernameTaken(Conflict):
    """Somebody signs in under this name."""

    code = "username_taken"
    title = "This name is taken"


class EmailTaken(Conflict):
    """Somebody else reads this mailbox."""

    code = "email_taken"
    title = "Somebody has this e-mail address"


class EmailMissing(Invalid):
    """A person without a mailbox could never choose a password."""

    code = "email_missing"
    title = "A person needs an e-mail address"


class EmailHeld(Conflict):
    """Whoever reads the mailbox can sign in as this person, with the roles they hold."""

    code = "email_held"
    title = "The e-mail address is not changed while the person holds roles"


class FactorsHeld(Conflict):
    """Whoever takes away a second factor halves what keeps strangers out of the roles."""

    code = "second_factor_held"
    title = "A second factor is not taken away while the person holds roles"


class NoSecondFactor(Conflict):
    """There is nothing to take away."""

    code = "no_second_factor"
    title = "The person has no second factor"


class PersonGone(Conflict):
    """The person may not sign in."""

    code = "person_gone"
    title = "The person has left"


_ERRORS = {
    "accounts_user_username_key": UsernameTaken,
    "user_email_is_one_persons": EmailTaken,
}


@dataclass(frozen=True, slots=True)
class PersonTerms:
    """What is known of a person besides the name they sign in with."""

    first_name: str
    last_name: str
    email: str


def invite(*, username: str, terms: PersonTerms, by: Actor, reason: str) -> User:
    """Add a person without a role and send them a link to choose a password.

    Raises: UsernameTaken, EmailTaken, EmailMissing.
    """
    person = User(username=username, is_staff=True)
    person.set_unusable_password()
    with acting_as(by, reason=reason), transaction(), constraint_errors(_ERRORS):
        _apply(person, terms)
        person.save()
        send_link_after_commit(person)
    return person


def revise(
    *, person: User, terms: PersonTerms, is_active: bool, by: User, at: datetime, reason: str
) -> User:
    """Change what is known of a person; whoever leaves loses their roles and cannot sign in.

    Raises: EmailHeld, EmailTaken, EmailMissing, and what roles.end_all raises.
    """
    with acting_as(by.actor, reason=reason), transaction(), constraint_errors(_ERRORS):
        locked: User = User.objects.select_for_update(of=("self",)).get(pk=person.pk)
        if terms.email != locked.email:
            _require_no_roles(locked)
            EmailAddress.objects.filter(user=locked).delete()
        _apply(locked, terms)
        if locked.is_active and not is_active:
            roles.end_all(person=locked, by=by, at=at, reason=reason)
        locked.is_active = is_active
        locked.save()
    return locked


def forget_second_factors(*, person: User, by: User, reason: str) -> None:
    """Take away the lost second factors of a person without roles, and end their sessions.

    The roles are given again by two people, so one alone opens nothing.
    Raises: MayNotGiveRoles, FactorsHeld, NoSecondFactor.
    """
    roles.require(by, Permission.ROLE_PROPOSE)
    with acting_as(by.actor, reason=reason), transaction():
        locked: User = User.objects.select_for_update(of=("self",)).get(pk=person.pk)
        if names := _open_roles(locked):
            raise FactorsHeld(
                f"{locked} holds or waits for {names}: whoever knows the password could sign in "
                "with that. End the roles first, and propose them again once they are back.",
                field="forget_factors",
            )
        lost = Authenticator.objects.filter(user=locked)
        if not lost.exists():
            raise NoSecondFactor(f"{locked} has no second factor.", field="forget_factors")
        lost.delete()
        locked.sign_in_version += 1
        locked.save(update_fields=["sign_in_version"])


def invite_again(*, person: User) -> None:
    """Send the person a link to choose a password. Raises: PersonGone, EmailMissing."""
    if not person.is_active:
        raise PersonGone(f"{person} has left and cannot sign in.")
    if not person.email:
        raise EmailMissing("There is no address to send a link to.", field="email")
    send_link(person)


def found(
    *, operator: tuple[str, PersonTerms], approver: tuple[str, PersonTerms], at: datetime,
    by: Actor, reason: str,
) -> dict[Role, User]:  # fmt: skip
    """Make the first two people of an installation, who then propose and approve all others.

    Raises: as invite and roles.found.
    """
    with transaction():
        people = {
            role: invite(username=name, terms=terms, by=by, reason=reason)
            for role, (name, terms) in (
                (Role.OPERATOR, operator),
                (Role.FINANCE_APPROVER, approver),
            )
        }
        roles.found(people=people, at=at, reason=reason)
    return people


def _apply(person: User, terms: PersonTerms) -> None:
    if not terms.email.strip():
        raise EmailMissing(
            "A person needs an e-mail address: the link to choose a password goes there.",
            field="email",
        )
    person.first_name = terms.first_name
    person.last_name = terms.last_name
    person.email = terms.email.strip()


def _require_no_roles(person: User) -> None:
    if names := _open_roles(person):
        raise EmailHeld(
            f"{person} holds or waits for {names}: whoever reads the mailbox could sign "
            "in with that. End the roles first, and propose them again for the new address.",
            field="email",
        )


def _open_roles(person: User) -> str:
    held = person.role_grants.filter(state__in=RoleGrant.OPEN)
    return ", ".join(sorted(Role(grant.role).spoken for grant in held))
