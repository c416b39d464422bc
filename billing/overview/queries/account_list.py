"""The list of accounts with plans and last invoice: sorted, summed, and all of it for a file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

from django.db.models import OuterRef, Q, QuerySet, Subquery

from accounts.models import Account
from accounts.queries.profiles import profiles_at
from billing.contracts.models import Subscription
from billing.invoicing.models import Invoice
from billing.invoicing.queries.invoices import InvoiceRow, Party, row_of
from billing.overview.filters import BilledAccountFilters
from billing.overview.queries.accounts import Contact, contact_of, last_invoices
from core.db.keyset_pages import Page, PageOrder, Position, page_of
from core.db.list_totals import ListTotals, totals_of

ACCOUNT_ORDERS: Final[Mapping[str, PageOrder]] = {
    "name": PageOrder("name", descending=False),
    "opened": PageOrder("opened_at", descending=False),
    "total": PageOrder(
        "currency",
        descending=False,
        then=("last_total_minor", "pk"),
        nullable="last_total_minor",
    ),
}
"""By the names an address uses; `total` is that of the last invoice, within its currency."""

SUMMED_MOST: Final = 5_000
_READ_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account in a list."""

    public_id: str
    name: str
    kind: str
    parent: Party | None
    opened_at: datetime
    closed_at: datetime | None
    plans: Sequence[str]
    last_invoice: InvoiceRow | None

    @property
    def state(self) -> str:
        """open or closed."""
        return "closed" if self.closed_at else "open"


@dataclass(frozen=True, slots=True)
class ListedAccount:
    """One account in a file: its row, its currency, and what its invoices print."""

    row: AccountRow
    currency: str
    zone: str
    contact: Contact | None


def account_page(
    filters: BilledAccountFilters, *, order: PageOrder, at: datetime, position: Position
) -> Page[AccountRow]:
    """Accounts, with their plans at `at`; at most four queries. Raises: UnknownCursor."""
    page = page_of(_narrowed(filters, at), order=order, position=position)
    return Page(_rows(page.rows, at), page.newer, page.older)


def account_totals(filters: BilledAccountFilters, *, order: PageOrder, at: datetime) -> ListTotals:
    """What the last invoices come to, of the first `SUMMED_MOST` accounts; one query."""
    rows = _narrowed(filters, at)
    return totals_of(rows, minor=_last_total(), order=order, most=SUMMED_MOST)


def every_account(
    filters: BilledAccountFilters, *, order: PageOrder, at: datetime
) -> Iterator[ListedAccount]:
    """All of them, a few hundred at a time with three queries each; for a file."""
    accounts = _narrowed(filters, at).order_by(*order.names).iterator(chunk_size=_READ_AT_ONCE)
    while some := list(islice(accounts, _READ_AT_ONCE)):
        profiles = profiles_at([account.pk for account in some], at)
        for account, row in zip(some, _rows(some, at), strict=True):
            profile = profiles.get(account.pk)
            zone = profile.zone if profile else ""
            yield ListedAccount(row, account.currency, zone, contact_of(profile))


def _narrowed(filters: BilledAccountFilters, at: datetime) -> QuerySet[Account]:
    rows = Account.objects.select_related("parent").annotate(last_total_minor=_last_total())
    return filters.narrow_at(rows, at)


def _last_total() -> Subquery:
    invoices = Invoice.objects.filter(account=OuterRef("pk")).order_by("-period_from")
    return Subquery(invoices.values("total_minor")[:1])


def _rows(accounts: Sequence[Account], at: datetime) -> list[AccountRow]:
    ids = [account.pk for account in accounts]
    plans, invoices = _plans_at(ids, at), last_invoices(ids)
    return [
        AccountRow(
            public_id=account.public_id,
            name=account.name,
            kind=account.get_kind_display(),
            parent=Party(account.parent.public_id, account.parent.name) if account.parent else None,
            opened_at=account.opened_at,
            closed_at=account.closed_at,
            plans=plans.get(account.pk, ()),
            last_invoice=row_of(invoices[account.pk]) if account.pk in invoices else None,
        )
        for account in accounts
    ]


def _plans_at(account_ids: Sequence[int], at: datetime) -> dict[int, list[str]]:
    plans: dict[int, list[str]] = defaultdict(list)
    rows = Subscription.objects.filter(
        Q(ended_at__isnull=True) | Q(ended_at__gt=at),
        account_id__in=account_ids,
        started_at__lte=at,
    )
    for account_id, name in rows.order_by("plan__name").values_list("account_id", "plan__name"):
        plans[account_id].append(name)
    return plans
