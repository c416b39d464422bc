"""Accounts that pay German tax of 19 %."""

from decimal import Decimal
from typing import Any

from accounts.operations import profiles
from accounts.operations.profiles import ProfileTerms
from billing.invoicing.operations import tax_rates
from billing.invoicing.operations.tax_rates import RateTerms
from tests.people import ADA, SAM
from tests.story import LONG_AGO, WHY, Customer


def has_german_tax() -> None:
    """VAT of 19 % since long ago."""
    terms = RateTerms("DE", "VAT", Decimal("0.19"), LONG_AGO)
    row = tax_rates.propose_rate(terms=terms, by=ADA, reason=WHY)
    tax_rates.approve_rate(rate=row, at=LONG_AGO, by=SAM, reason=WHY)


def lives_in_germany(customer: Customer, *, zone: str = "UTC", **terms: Any) -> None:
    """The account is in Germany from a moment after now on."""
    profiles.revise(
        account=customer.account,
        terms=ProfileTerms(
            legal_name=f"{customer.account.name} GmbH", zone=zone, country="DE", **terms
        ),
        at=customer.story.at,
        by=ADA,
        reason=WHY,
    )
