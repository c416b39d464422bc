"""What the page of dunning shows: who is late and what comes next, by what is most past due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Account
from billing.receivables.models import DunningNotice
from billing.receivables.queries.dunning import Delinquency, delinquencies, payers_to_look_at
from core.db.keyset_pages import Page, PageOrder, Position, page_of

SHOWN_AT_ONCE = 50
_NEWEST = PageOrder("sent_at")


@dataclass(frozen=True, slots=True)
class LatePayers:
    """Payers who are late or suspended, the nearest step first, and how many there are."""

    rows: Sequence[Delinquency]
    count: int


def late_payers(*, at: datetime) -> LatePayers:
    """Who is late or suspended; at most twelve queries."""
    ids = payers_to_look_at(at=at)
    some = Account.objects.filter(pk__one_of=ids).order_by("name", "pk")[:SHOWN_AT_ONCE]
    rows = delinquencies(list(some), at=at)
    rows.sort(key=lambda each: (each.next_on is None, each.next_on or each.today, -each.days_late))
    return LatePayers(rows, len(ids))


def notice_page(*, position: Position, account: Account | None = None) -> Page[DunningNotice]:
    """Steps that were taken, the newest first. Raises: UnknownCursor."""
    notices = DunningNotice.objects.select_related("account", "base_invoice")
    if account is not None:
        notices = notices.filter(account=account)
    return page_of(notices, order=_NEWEST, position=position)
