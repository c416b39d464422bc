"""Who an account's invoice goes to in a period, and what it prints: copied onto the draft."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import Account, BillingProfile, PayerAssignment
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.models import InvoiceTerms
from billing.invoicing.tax import NO_COUNTRY, TaxParty
from core.errors import DomainError

PRINTED = ("legal_name", "address", "tax_id", "email", "country", "language")


class NoPayer(DomainError):
    """Nobody pays for the account at the end of the period."""

    code = "no_payer"
    title = "Nobody pays for this account"


class NoBillingProfile(DomainError):
    """The payer has no billing profile at the end of the period."""

    code = "no_billing_profile"
    title = "The payer has no billing profile"


@dataclass(frozen=True, slots=True)
class Customer:
    """The account, who pays for it, and what its invoice prints."""

    public_id: str
    currency: str
    payer_id: int
    terms_days: int
    billed_to: Mapping[str, Any]
    taxed_as: TaxParty = NO_COUNTRY
    purchase_order: str = ""
    note: str = ""


def customers(scopes: Sequence[AccountPeriod]) -> list[Customer | DomainError]:
    """The customer of each scope as of the last instant of its period, or why there is none.

    Four queries for any number of scopes.
    """
    ids = {scope.account_id for scope in scopes}
    accounts = {
        pk: (public_id, name, currency)
        for pk, public_id, name, currency in Account.objects.filter(pk__one_of=ids).values_list(
            "pk", "public_id", "name", "currency"
        )
    }
    payers = _versions(
        PayerAssignment.objects.filter(account_id__one_of=ids).values_list(
            "account_id", "paid_from", "paid_until", "payer_id"
        )
    )
    paying = {versions[-1] for rows in payers.values() for versions in rows}
    profiles = _versions(
        BillingProfile.objects.filter(account_id__one_of=paying).values_list(
            "account_id",
            "valid_from",
            "valid_until",
            "terms_days",
            "region",
            "tax_id_status",
            "prices_include_tax",
            *PRINTED,
        )
    )
    printed = _also_printed(paying)
    return [
        _customer(scope, accounts[scope.account_id], payers, profiles, printed) for scope in scopes
    ]


def _also_printed(payer_ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """The purchase order and the note of each payer that has one."""
    rows = InvoiceTerms.objects.filter(account_id__one_of=payer_ids)
    rows = rows.exclude(purchase_order="", note="")
    return {
        pk: (order, note)
        for pk, order, note in rows.values_list("account_id", "purchase_order", "note")
    }


Versions = dict[int, list[tuple[Any, ...]]]


def _customer(
    scope: AccountPeriod,
    account: tuple[str, str, str],
    payers: Versions,
    profiles: Versions,
    printed: Mapping[int, tuple[str, str]],
) -> Customer | DomainError:
    public_id, name, currency = account
    assignment = _in_force(payers.get(scope.account_id, ()), scope.period.end)
    if assignment is None:
        return NoPayer(f"Nobody pays for {name} at the end of the period.", account=public_id)
    payer_id = assignment[2]
    profile = _in_force(profiles.get(payer_id, ()), scope.period.end)
    if profile is None:
        return NoBillingProfile(
            f"The payer of {name} has no billing profile at the end of the period.",
            account=public_id,
        )
    purchase_order, note = printed.get(payer_id, ("", ""))
    billed_to = dict(zip(PRINTED, profile[6:], strict=True))
    return Customer(
        public_id=public_id,
        currency=currency,
        payer_id=payer_id,
        terms_days=profile[2],
        billed_to=billed_to,
        purchase_order=purchase_order,
        note=note,
        taxed_as=TaxParty(
            payer_id=payer_id,
            country=billed_to["country"],
            region=profile[3],
            tax_id=billed_to["tax_id"],
            is_verified=profile[4] == BillingProfile.TaxIdStatus.VERIFIED,
            is_refused=profile[4] == BillingProfile.TaxIdStatus.INVALID,
            prices_include_tax=profile[5],
        ),
    )


def _versions(rows: Sequence[tuple[Any, ...]] | Any) -> Versions:
    versions: Versions = defaultdict(list)
    for owner, *version in rows:
        versions[owner].append(tuple(version))
    return versions


def _in_force(versions: Sequence[tuple[Any, ...]], end: datetime) -> tuple[Any, ...] | None:
    """The version that holds at the last instant before `end`."""
    for version in versions:
        start, until = version[0], version[1]
        if start < end and (until is None or until >= end):
            return version
    return None
