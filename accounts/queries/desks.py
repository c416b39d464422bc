"""What is on the desk of one person: views of lists, rows put off, a look as a customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from django.db.models import Q

from accounts.models import Account, CustomerLook, Partner, PutOff, SavedView, User
from core.errors import NotFound

VIEWS_MOST: Final = 200


class SavedViewNotFound(NotFound):
    """Nobody saved a view under this id, or not for this person."""

    code = "saved_view_not_found"
    title = "There is no such view"


def views_of(person: User, *, page: str = "") -> Sequence[SavedView]:
    """The person's own views and shared ones, by name; of one list or all. One query."""
    rows = SavedView.objects.filter(Q(person=person) | Q(is_shared=True), end__isnull=True)
    if page:
        rows = rows.filter(page=page)
    return list(rows.select_related("person").order_by("name", "pk")[:VIEWS_MOST])


def find_view(public_id: str) -> SavedView:
    """Raises: SavedViewNotFound."""
    rows = SavedView.objects.filter(end__isnull=True).select_related("person")
    found = rows.filter(public_id=public_id[:64]).first()
    if found is None:
        raise SavedViewNotFound(f"No view has the id {public_id[:64]}.", wanted=public_id[:64])
    return found


def put_off_now(person: User, *, at: datetime) -> Mapping[str, PutOff]:
    """What the person put off and is not back, by what it is about; one query."""
    rows = PutOff.objects.filter(person=person).order_by("about", "-said_at", "-pk")
    latest = rows.distinct("about")
    return {each.about: each for each in latest if each.until > at}


def look_of(account: Account, person: User, *, at: datetime) -> CustomerLook | None:
    """The person's look at this account that is open; one query."""
    rows = CustomerLook.objects.filter(account=account, person=person, until__gt=at)
    return rows.order_by("-until").first()


def readers_of(account: Account) -> Sequence[Partner]:
    """The partners who may read this account over the API, its own first; one query."""
    rows = Partner.objects.filter(Q(readable_accounts=account) | Q(reads_every_account=True))
    return list(rows.distinct().order_by("reads_every_account", "name"))
