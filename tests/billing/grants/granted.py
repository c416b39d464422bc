"""Grants as a person tells them: so much, from when until when, for which charges."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from billing.invoicing.drafting.one_offs import TypedInvoice, TypedLine
from billing.invoicing.models import CreditGrant, Invoice
from billing.invoicing.operations import grants, one_offs
from billing.invoicing.operations.grants import GrantTerms
from billing.invoicing.queries.grants import left_of
from core.money import to_minor
from tests.people import ADA, SAM
from tests.story import WHY, Customer, instant


def grants_to(
    customer: Customer,
    name: str,
    amount: str,
    *,
    starts: str,
    until: str | None = None,
    **more: Any,
) -> CreditGrant:
    """A promotional grant of money, or of `unit`s."""
    unit = more.pop("unit", "")
    currency = customer.account.currency
    exact = Decimal(amount) if unit else Decimal(to_minor(Fraction(Decimal(amount)), currency))
    terms = GrantTerms(
        kind=more.pop("kind", CreditGrant.Kind.PROMOTIONAL),
        name=name,
        amount=exact,
        unit=unit,
        effective_from=instant(starts),
        expires_at=None if until is None else instant(until),
        reason_code="promotion",
        **more,
    )
    return grants.grant(
        account=customer.account, terms=terms, at=customer.story.at, by=ADA, reason=WHY
    )


def buys(customer: Customer, amount: str) -> Invoice:
    """An invoice of its own for prepaid credit, typed by one and issued by another."""
    typed = TypedInvoice([TypedLine("Prepaid credit", Decimal(1), Decimal(amount))])
    at = customer.story.at
    made = one_offs.prepare(account=customer.account, typed=typed, at=at, by=ADA, reason=WHY)
    return one_offs.issue(invoice=made, at=at, by=SAM, reason=WHY)


def left(grant: CreditGrant) -> str:
    """What is left, in the currency or in units."""
    amount = left_of(grant)
    if grant.is_money:
        return f"{amount / 100:.2f}"
    return format(amount.normalize(), "f")
