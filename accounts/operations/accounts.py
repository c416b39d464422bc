"""Open, rename and close accounts, and keep the tree: an enterprise has teams, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from accounts.models import Account, BillingProfile, PayerAssignment
from accounts.operations.profiles import ProfileTerms
from core.actor import Actor, acting_as
from core.db.integrity import constraint_errors
from core.db.transactions import transaction
from core.errors import Conflict, Invalid
from core.periods import local_day
from eventing.publish import publish


class ParentNotEnterprise(Invalid):
    """Only an enterprise has accounts below it, and only teams."""

    code = "parent_not_enterprise"
    title = "Only a team can stand below an enterprise"


class PayerCurrency(Invalid):
    """One invoice has one currency, so account and payer share it."""

    code = "payer_currency"
    title = "Payer and account have different currencies"


class AccountClosed(Conflict):
    """The account has been closed."""

    code = "account_closed"
    title = "The account is closed"


class TeamsOpen(Conflict):
    """An enterprise closes after its teams."""

    code = "account_has_open_teams"
    title = "The enterprise has open teams"


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account about to be opened.

    `payer` receives its invoices, by default the account itself. Billing periods are counted
    from `anchor_on`, by default the local day of opening.
    """

    name: str
    kind: str
    currency: str
    parent: Account | None = None
    payer: Account | None = None
    anchor_on: date | None = None


def open(
    *, new: NewAccount, profile: ProfileTerms, at: datetime, by: Actor, reason: str
) -> Account:
    """Open an account at `at`, with its first profile and its payer.

    Raises: ParentNotEnterprise, PayerCurrency, AccountClosed, ProfileInvalid.
    """
    profile.check()
    with (
        acting_as(by, reason=reason),
        transaction(),
        constraint_errors({"account_only_teams_have_a_parent": ParentNotEnterprise}),
    ):
        above = _lock_all([each for each in (new.parent, new.payer) if each is not None])
        if new.parent is not None:
            _require_enterprise(above[new.parent.pk], at)
        account = Account.objects.create(
            name=new.name,
            kind=new.kind,
            parent=new.parent,
            currency=new.currency,
            opened_at=at,
            billing_anchor_on=new.anchor_on or local_day(at, profile.zone),
        )
        BillingProfile.objects.create(account=account, valid_from=at, **profile.as_fields())
        payer = account if new.payer is None else above[new.payer.pk]
        require_payer(account, payer, at)
        PayerAssignment.objects.create(account=account, payer=payer, paid_from=at)
        publish(
            "account.opened",
            account.public_id,
            {"name": new.name, "kind": new.kind, "currency": new.currency},
            at=at,
            account=account.public_id,
        )
    return account


def rename(*, account: Account, name: str, at: datetime, by: Actor, reason: str) -> Account:
    """Give an account another name; issued invoices keep the one they printed."""
    with acting_as(by, reason=reason), transaction():
        locked = lock(account)
        locked.name = name
        locked.save(update_fields=["name"])
        publish(
            "account.renamed", locked.public_id, {"name": name}, at=at, account=locked.public_id
        )
    return locked


def close(*, account: Account, at: datetime, by: Actor, reason: str) -> Account:
    """Close an account at `at`; what it used before is still billed.

    Raises: AccountClosed, TeamsOpen.
    """
    with acting_as(by, reason=reason), transaction():
        locked = lock(account)
        if locked.closed_at is not None:
            raise AccountClosed(
                f"{locked.name} was closed on {locked.closed_at:%Y-%m-%d}.",
                account=locked.public_id,
            )
        open_teams = locked.teams.filter(closed_at__isnull=True).count()
        if open_teams:
            raise TeamsOpen(f"{locked.name} has {open_teams} open teams; close them first.")
        locked.closed_at = at
        locked.save(update_fields=["closed_at"])
        publish("account.closed", locked.public_id, {}, at=at, account=locked.public_id)
    return locked


def lock(account: Account) -> Account:
    """The account as it is now, locked until the transaction ends; first in every lock order."""
    return Account.objects.select_for_update(of=("self",)).get(pk=account.pk)


def _lock_all(accounts: Iterable[Account]) -> dict[int, Account]:
    """In primary key order, so two openings never wait for each other."""
    rows = Account.objects.select_for_update(of=("self",)).order_by("pk")
    return {row.pk: row for row in rows.filter(pk__in={each.pk for each in accounts})}


def require_payer(account: Account, payer: Account, at: datetime) -> None:
    """Raises: PayerCurrency, AccountClosed."""
    if payer.currency != account.currency:
        raise PayerCurrency(
            f"{payer.name} pays in {payer.currency}, {account.name} is billed in "
            f"{account.currency}.",
            field="payer",
        )
    if payer.closed_at is not None and payer.closed_at <= at:
        raise AccountClosed(f"{payer.name} is closed and cannot pay.", field="payer")


def _require_enterprise(parent: Account, at: datetime) -> None:
    if parent.kind != Account.Kind.ENTERPRISE:
        raise ParentNotEnterprise(
            f"{parent.name} is a {parent.get_kind_display().lower()} account.", field="parent"
        )
    if parent.closed_at is not None and parent.closed_at <= at:
        raise AccountClosed(f"{parent.name} is closed.", field="parent")
