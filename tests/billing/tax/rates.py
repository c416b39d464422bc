"""Rates, policies and customers of the tax tests, in force through the operations."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from accounts.operations import profiles
from accounts.operations.profiles import ProfileTerms
from billing.invoicing.operations import tax_rates
from billing.invoicing.operations.tax_rates import PolicyTerms, RateTerms
from core.money import Money
from core.periods import local_midnight
from tests.people import ADA, SAM
from tests.story import LONG_AGO, WHY, Customer, instant

BERLIN = "Europe/Berlin"


def rate(place: str, share: str, since: str = "", product_class: str = "") -> None:
    """A rate from a day on of the place's clock (Berlin's), put in force by two people."""
    begins = local_midnight(instant(since).date(), BERLIN) if since else LONG_AGO
    terms = RateTerms(place, "VAT", Decimal(share), begins, product_class)
    row = tax_rates.propose_rate(terms=terms, by=ADA, reason=WHY)
    tax_rates.approve_rate(rate=row, at=begins, by=SAM, reason=WHY)


def germany_in_2020() -> None:
    """19 % until 30 June 2020, 16 % until 31 December, 19 % again."""
    rate("DE", "0.19", "2007-01-01")
    rate("DE", "0.16", "2020-07-01")
    rate("DE", "0.19", "2021-01-01")


def policy(place: str, **terms: Any) -> None:
    """A policy of a place since long ago."""
    row = tax_rates.propose_policy(
        terms=PolicyTerms(place, instant("2007-01-01"), **{"zone": BERLIN} | terms),
        by=ADA,
        reason=WHY,
    )
    tax_rates.approve_policy(policy=row, at=instant("2007-01-01"), by=SAM, reason=WHY)


def lives_in(customer: Customer, country: str, *, zone: str = BERLIN, **terms: Any) -> Customer:
    """The customer's papers say so from now on."""
    profiles.revise(
        account=customer.account,
        terms=ProfileTerms(legal_name=customer.account.name, zone=zone, country=country, **terms),
        at=customer.story.at,
        by=ADA,
        reason=WHY,
    )
    return customer


def taxes(customer: Customer) -> dict[str, tuple[str, str]]:
    """The latest invoice's groups: what each comes to before tax, and its tax."""
    invoice = customer.invoice
    return {
        tax.group: (
            str(Money.from_minor(tax.base_minor, invoice.currency).amount),
            str(Money.from_minor(tax.tax_minor, invoice.currency).amount),
        )
        for tax in invoice.taxes.order_by("group")
    }
