"""Save and end views of lists, put rows of one's inbox off, and look at an account from outside."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from accounts.models import Account, CustomerLook, PutOff, SavedView, SavedViewEnd, User
from accounts.models.desks import LOOKS_FOR, PUT_OFF_MOST
from accounts.permissions import Permission, permitted
from core.actor import require_said
from core.db.integrity import constraint_errors
from core.db.transactions import transaction
from core.errors import Conflict, Forbidden, Invalid
from core.text_in import is_odd

NAME_MOST: Final = 80
QUERY_MOST: Final = 1000
_NOT_IN_A_VIEW: Final = ("after", "before")


class ViewNameInvalid(Invalid):
    """A view has a short name of plain letters."""

    code = "view_name_invalid"
    title = "The view needs a name"


class ViewTooLong(Invalid):
    """What narrows the list does not fit."""

    code = "view_too_long"
    title = "The list is narrowed by too much to be saved"


class ViewEnded(Conflict):
    """The view was ended already."""

    code = "view_ended"
    title = "The view is gone already"


class NotYourView(Forbidden):
    """A view is ended by whoever saved it."""

    code = "view_not_yours"
    title = "The view is somebody else's"


class PutOffInvalid(Invalid):
    """A row comes back within a month, and before it is due."""

    code = "put_off_invalid"
    title = "The row cannot be put off until then"


class MayNotLook(Forbidden):
    """Only whoever reads bills looks at them from outside."""

    code = "may_not_look"
    title = "Your roles do not carry this"


def save_view(
    *, person: User, page: str, name: str, query: str, shared: bool, at: datetime
) -> SavedView:
    """Keep how a list is narrowed under a name; one of the person's with the same name gives way.

    Raises: ViewNameInvalid, ViewTooLong.
    """
    said = name.strip()
    if not said or is_odd(said) or len(said) > NAME_MOST:
        raise ViewNameInvalid(
            f"Give it a name of up to {NAME_MOST} plain characters; nothing was saved.",
            field="name",
        )
    if len(query) > QUERY_MOST:
        raise ViewTooLong("Take a filter away; nothing was saved.", field="query")
    with transaction():
        User.objects.select_for_update().get(pk=person.pk)
        before = SavedView.objects.filter(person=person, page=page, name=said, end__isnull=True)
        for each in before:
            SavedViewEnd.objects.create(view=each, ended_at=at, ended_by=person)
        return SavedView.objects.create(
            person=person, page=page, name=said, query=query, is_shared=shared, saved_at=at
        )


def end_view(*, view: SavedView, by: User, at: datetime) -> SavedViewEnd:
    """Take one's own view away, where it is shared from all. Raises: NotYourView, ViewEnded."""
    if view.person_id != by.pk:
        raise NotYourView(f"{view.person} saved it.")
    errors = {"accounts_savedviewend_view_id_key": ViewEnded}
    with transaction(), constraint_errors(errors):
        return SavedViewEnd.objects.create(view=view, ended_at=at, ended_by=by)


def put_off(
    *, person: User, about: str, until: datetime, due_at: datetime | None, at: datetime, reason: str
) -> PutOff:
    """Put a row of the person's inbox out of their sight until an instant.

    Raises: PutOffInvalid, ReasonMissing.
    """
    require_said(reason, "Say why it can wait.")
    if not at < until <= at + PUT_OFF_MOST:
        raise PutOffInvalid(
            f"Choose an instant within {PUT_OFF_MOST.days} days from now; nothing was saved.",
            field="until",
        )
    if due_at is not None and until > due_at:
        raise PutOffInvalid(
            "It is due before that; choose an earlier instant. Nothing was saved.", field="until"
        )
    return PutOff.objects.create(
        person=person, about=about, said_at=at, until=until, reason=reason.strip()
    )


def bring_back(*, person: User, about: str, at: datetime) -> PutOff:
    """Have a row that was put off back now."""
    return PutOff.objects.create(
        person=person, about=about, said_at=at, until=at, reason="Brought back"
    )


def look_as_customer(*, account: Account, by: User, at: datetime, reason: str) -> CustomerLook:
    """Begin to look at an account as it is shown outside, for `LOOKS_FOR`.

    Raises: MayNotLook, ReasonMissing.
    """
    require_said(reason, "Say what you need to see it for.")
    reads = (Permission.BILLING_READ, Permission.BILLING_READ_MASKED)
    if not any(permitted(by, each) for each in reads):
        raise MayNotLook("Your roles do not carry reading bills.")
    return CustomerLook.objects.create(
        account=account, person=by, began_at=at, until=at + LOOKS_FOR, reason=reason.strip()
    )
