"""Who sees or saw personal data in full: what holds now, what waits, and the log of it all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from accounts.models import Account, Disclosure, User
from accounts.permissions import Permission, permitted
from core.db.keyset_pages import Page, PageOrder, Position, page_of
from core.errors import NotFound

LATEST_FIRST: Final = PageOrder("asked_at")
SHOWN_MOST: Final = 20


class DisclosureNotFound(NotFound):
    """Nobody asked under this id."""

    code = "disclosure_not_found"
    title = "Nobody asked for this"


def may_ask(user: User) -> bool:
    """Whether somebody may ask at all."""
    asks = (Permission.PERSONAL_DATA_UNMASK, Permission.PERSONAL_DATA_REQUEST)
    return any(permitted(user, permission) for permission in asks)


def shown_now(account: Account, user: User, *, at: datetime) -> Disclosure | None:
    """What lets the person see this account in full at an instant; one query for who may ask."""
    if not may_ask(user):
        return None
    rows = Disclosure.objects.filter(account=account, person=user, shown_until__gt=at)
    return rows.order_by("-shown_until").first()


def find_disclosure(public_id: str) -> Disclosure:
    """Raises: DisclosureNotFound."""
    rows = Disclosure.objects.select_related("account", "person", "decided_by")
    found = rows.filter(public_id=public_id[:64]).first()
    if found is None:
        raise DisclosureNotFound(f"Nobody asked under {public_id[:64]}.", wanted=public_id[:64])
    return found


def disclosure_page(*, position: Position) -> Page[Disclosure]:
    """Everything that was asked, the latest first; at most two queries. Raises: UnknownCursor."""
    rows = Disclosure.objects.select_related("account", "person", "decided_by")
    return page_of(rows, order=LATEST_FIRST, position=position)


def disclosures_waiting_for(user: User) -> Sequence[Disclosure]:
    """What this person may decide, oldest first; one query, none for whoever may not."""
    if not permitted(user, Permission.PERSONAL_DATA_UNMASK):
        return ()
    rows = Disclosure.objects.filter(state=Disclosure.State.ASKED).exclude(person=user)
    return list(rows.select_related("account", "person").order_by("asked_at", "pk")[:SHOWN_MOST])
