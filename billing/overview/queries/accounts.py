"""One account with what billing knows of it: profile, payer, plans; the last invoices of some."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q

from accounts.models import Account, BillingProfile
from accounts.queries.profiles import profile_at
from billing.contracts.models import Subscription
from billing.invoicing.models import Invoice
from billing.invoicing.queries.invoices import Party
from core.errors import NotFound


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
        contact=contact_of(profile),
        plans=_plans_held(account),
        teams=[
            Party(public_id, name)
            for public_id, name in account.teams.order_by("name", "pk").values_list(
                "public_id", "name"
            )
        ],
    )


def zone_now(account: Account) -> str:
    """The zone of the account's latest profile; UTC before there is one. One query."""
    rows = BillingProfile.objects.filter(account=account).order_by("-valid_from")
    return rows.values_list("zone", flat=True).first() or "UTC"


def contact_of(profile: BillingProfile | None) -> Contact | None:
    """What a profile prints."""
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


def last_invoices(account_ids: Sequence[int]) -> dict[int, Invoice]:
    """The latest invoice of each account that has one, its account loaded; one query."""
    rows = (
        Invoice.objects.filter(account_id__in=account_ids)
        .select_related("account")
        .order_by("account_id", "-period_from")
        .distinct("account_id")
    )
    return {invoice.account_id: invoice for invoice in rows}
