"""What people do about their own way in: choose a password, change a second factor.

Only the person does either. Both are history, and both end every session the person has open.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.contrib.sessions.models import Session
from oauth2_provider.models import AccessToken

from accounts.models import User
from core.actor import Actor, acting_as
from core.db.transactions import transaction
from core.errors import Forbidden

TOKENS_KEPT: Final = timedelta(days=30)
"""So long whoever comes with a partner's token that ended is told that it ended."""


class NotYourSignIn(Forbidden):
    """Nobody touches how another person signs in."""

    code = "not_your_sign_in"
    title = "Only the person chooses their own password; send them a link"


def choose_password(*, person: User, password: str, by: Actor) -> None:
    """Set the person's own password and end their sessions. Raises: NotYourSignIn."""
    _require_self(person, by)
    person.set_password(password)
    _renew(person, by, "Chose a new password", ["password"])


def change_second_factor(*, person: User, what: str, by: Actor) -> None:
    """Note that a second factor of the person changed, and end their sessions.

    `what` is a sentence for the history. Raises: NotYourSignIn.
    """
    _require_self(person, by)
    _renew(person, by, what, [])


def _require_self(person: User, by: Actor) -> None:
    if by != person.actor:
        raise NotYourSignIn(f"Only {person} changes how {person} signs in; send them a link.")


def _renew(person: User, by: Actor, reason: str, fields: list[str]) -> None:
    with acting_as(by, reason=reason), transaction():
        # The caller's own object is saved: its session goes on with what is in it.
        locked = User.objects.select_for_update(of=("self",)).get(pk=person.pk)
        person.sign_in_version = locked.sign_in_version + 1
        person.save(update_fields=[*fields, "sign_in_version"])


def forget_what_is_over(*, at: datetime) -> int:
    """Delete sessions that ended, and partners' tokens that ended a month ago; how many.

    Neither lets anybody in any more: both compare with the instant when they are used.
    """
    with transaction():
        sessions = Session.objects.filter(expire_date__lte=at).delete()[0]
        old = AccessToken.objects.filter(expires__lte=at - TOKENS_KEPT)
        tokens: int = old.delete()[0]
    return sessions + tokens
