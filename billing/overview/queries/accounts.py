"""Accounts with what billing knows of them: plan, last invoice. Lists by keyset."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q

from accounts.filters import AccountFilters
from accounts.models import Account, BillingProfile
from accounts.queries.profiles import profile_at
from billing.contracts.models import Subscription
from billing.invoicing.models import Invoice
from billing.invoicing.queries.invoices import InvoiceRow, Party, row_of
from core.db.keyset_pages import Page, PageOrder, Position, page_of
from core.errors import NotFound

BY_NAME = PageOrder("name", descending=False)


class AccountNotFound(NotFound):
    """No account has this id."""

    code = "account_not_found"
    title = "No such account"


@dataclass(frozen=True, slots=True)
class PlanHeld:
    """A plan version an account is, was or will be on, and since when."""

    plan: str
    version_id: str
    version: int
    started_at: datetime
    ended_at: datetime | None


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
class Contact:
    """What the account's invoices print; personal where it says so in the console's masking."""

    legal_name: str
    address: str
    tax_id: str
    email: str


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """The head of an account page."""

    public_id: str
    name: str
    kind: str
    state: str
    currency: str
    anchor_on: date
    opened_at: datetime
    closed_at: datetime | None
    parent: Party | None
    payer: Party | None
    zone: str
    terms_days: int | None
    contact: Contact | None
    plans: Sequence[PlanHeld]
    teams: Sequence[Party]


def find(public_id: str) -> Account:
    """The account with this id. Raises: AccountNotFound."""
    account = Account.objects.select_related("parent").filter(public_id=public_id[:64]).first()
    if account is None:
        raise AccountNotFound(f"There is no account {public_id[:64]}.", wanted=public_id[:64])
    return account


def account_page(*, at: datetime, position: Position, filters: AccountFilters) -> Page[AccountRow]:
    """Accounts by name, with their plans at `at`; at most four queries. Raises: UnknownCursor."""
    rows = filters.narrow(Account.objects.select_related("parent"))
    page = page_of(rows, order=BY_NAME, position=position)
    ids = [account.pk for account in page.rows]
    plans, invoices = _plans_at(ids, at), last_invoices(ids)
    return page.showing(
        lambda account: AccountRow(
            public_id=account.public_id,
            name=account.name,
            kind=account.get_kind_display(),
            parent=_party(account.parent),
            opened_at=account.opened_at,
            closed_at=account.closed_at,
            plans=plans.get(account.pk, ()),
            last_invoice=row_of(invoices[account.pk]) if account.pk in invoices else None,
        )
    )


def facts(account: Account, *, at: datetime) -> AccountFacts:
    """What holds for an account at an instant; four queries."""
    profile = profile_at(account, at)
    payer = Account.objects.filter(
        Q(paid_accounts__paid_until__isnull=True) | Q(paid_accounts__paid_until__gt=at),
        paid_accounts__account=account,
        paid_accounts__paid_from__lte=at,
    ).first()
    return AccountFacts(
        public_id=account.public_id,
        name=account.name,
        kind=account.get_kind_display(),
        state="closed" if account.closed_at and account.closed_at <= at else "open",
        currency=account.currency,
        anchor_on=account.billing_anchor_on,
        opened_at=account.opened_at,
        closed_at=account.closed_at,
        parent=_party(account.parent),
        payer=_party(payer),
        zone=profile.zone if profile else "UTC",
        terms_days=profile.terms_days if profile else None,
        contact=_contact(profile),
        plans=_plans_held(account),
        teams=[
            Party(public_id, name)
            for public_id, name in account.teams.order_by("name", "pk").values_list(
                "public_id", "name"
            )
        ],
    )


def _contact(profile: BillingProfile | None) -> Contact | None:
    if profile is None:
        return None
    return Contact(profile.legal_name, profile.address, profile.tax_id, profile.email)


def _party(account: Account | None) -> Party | None:
    return Party(account.public_id, account.name) if account else None


def _plans_held(account: Account) -> list[PlanHeld]:
    rows = Subscription.objects.filter(account=account).select_related("plan_version__plan")
    return [
        PlanHeld(
            plan=row.plan_version.plan.name,
            version_id=row.plan_version.public_id,
            version=row.plan_version.number,
            started_at=row.started_at,
            ended_at=row.ended_at,
        )
        for row in rows.order_by("-started_at", "-pk")
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


def last_invoices(account_ids: Sequence[int]) -> dict[int, Invoice]:
    """The latest invoice of each account that has one, its account loaded; one query."""
    rows = (
        Invoice.objects.filter(account_id__in=account_ids)
        .select_related("account")
        .order_by("account_id", "-period_from")
        .distinct("account_id")
    )
    return {invoice.account_id: invoice for invoice in rows}
