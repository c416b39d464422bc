"""Show somebody the personal data of an account in full: asked with a reason, for a short time."""

from __future__ import annotations

from datetime import datetime

from accounts.models import Account, Disclosure, User
from accounts.models.disclosures import SHOWN_FOR
from accounts.permissions import Permission, permitted
from core.actor import require_said
from core.db.integrity import constraint_errors
from core.db.transactions import transaction
from core.errors import Conflict, Forbidden


class MayNotUnmask(Forbidden):
    """The person's roles carry neither seeing it nor letting others see it."""

    code = "may_not_unmask"
    title = "Your roles do not carry this"


class OwnDisclosure(Forbidden):
    """Nobody lets themselves see."""

    code = "own_disclosure"
    title = "Another person must decide what you asked for"


class DisclosureAsked(Conflict):
    """The same person waits for the same account."""

    code = "disclosure_asked"
    title = "This was asked for already"


class DisclosureDecided(Conflict):
    """Somebody has decided."""

    code = "disclosure_decided"
    title = "This was decided already"


_ERRORS = {
    "disclosure_asked_once": DisclosureAsked,
    "disclosure_two_people": OwnDisclosure,
}


def ask(*, account: Account, by: User, at: datetime, reason: str) -> Disclosure:
    """Show it for `SHOWN_FOR` where a role of theirs carries that; else it waits for a colleague.

    Raises: MayNotUnmask, DisclosureAsked, ReasonMissing.
    """
    require_said(reason, "Say what you need the personal data for.")
    asked = Disclosure(
        account=account, person=by, asked_at=at, reason=reason, state=Disclosure.State.ASKED
    )
    if permitted(by, Permission.PERSONAL_DATA_UNMASK):
        asked.state = Disclosure.State.SHOWN
        asked.decided_at, asked.shown_until = at, at + SHOWN_FOR
    elif not permitted(by, Permission.PERSONAL_DATA_REQUEST):
        raise MayNotUnmask("Your roles do not carry seeing personal data in full.")
    with transaction(), constraint_errors(_ERRORS):
        asked.save(force_insert=True)
    return asked


def allow(*, disclosure: Disclosure, by: User, at: datetime, reason: str) -> Disclosure:
    """Let somebody see it for `SHOWN_FOR` from now.

    Raises: MayNotUnmask, OwnDisclosure, DisclosureDecided, ReasonMissing.
    """
    return _decide(disclosure, Disclosure.State.SHOWN, by, at, reason)


def refuse(*, disclosure: Disclosure, by: User, at: datetime, reason: str) -> Disclosure:
    """Turn it down. Raises: as allow."""
    return _decide(disclosure, Disclosure.State.REFUSED, by, at, reason)


def _decide(
    disclosure: Disclosure, state: Disclosure.State, by: User, at: datetime, reason: str
) -> Disclosure:
    if not permitted(by, Permission.PERSONAL_DATA_UNMASK):
        raise MayNotUnmask("Your roles do not carry letting others see personal data.")
    require_said(reason, "Say why.")
    with transaction(), constraint_errors(_ERRORS):
        locked = Disclosure.objects.select_for_update().get(pk=disclosure.pk)
        if locked.person_id == by.pk:
            raise OwnDisclosure("You asked for this yourself; somebody else decides.")
        if locked.state != Disclosure.State.ASKED:
            raise DisclosureDecided(f"{locked.decided_by} has decided this.")
        locked.state, locked.decided_by, locked.decided_at = state, by, at
        locked.decision_reason = reason
        locked.shown_until = at + SHOWN_FOR if state == Disclosure.State.SHOWN else None
        locked.save()
    return locked
