"""Invoices that no run makes: one for all teams of an enterprise, and lines that finance typed.

Each thing is done once, however often it is told.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final

from accounts.models import Account
from accounts.permissions import Role
from billing.invoicing.drafting.one_offs import TypedInvoice, TypedLine
from billing.invoicing.models import Invoice
from billing.invoicing.operations import invoice_terms, one_offs
from billing.invoicing.operations.consolidations import consolidate_all
from billing.invoicing.operations.invoice_terms import AgreedTerms
from core.actor import Actor
from demo.reference.people import actor_of, holder_of

ONE_FOR_ALL: Final = "Castellan Bank"
WORKSHOP: Final = "Harbour & Finch"
ONBOARDING: Final = "Mapletree Payroll"


def agree_one_for_all(opened: Mapping[str, Account], *, at: datetime, by: Actor) -> None:
    """One enterprise gets one invoice, with its purchase order on it."""
    for account in opened.values():
        if account.name == ONE_FOR_ALL:
            invoice_terms.agree(
                account=account,
                terms=AgreedTerms(consolidates=True, purchase_order="CB-2210-07"),
                at=at,
                by=by,
                reason="Framework contract, annex 3",
            )


def issue_special(*, at: datetime) -> None:
    """Issue what waits for its teams; type two invoices, of which one is left to be issued."""
    finance = actor_of(holder_of(Role.FINANCE_ADMIN))
    approver = actor_of(holder_of(Role.FINANCE_APPROVER))
    consolidate_all(at=at, by=finance, reason="The teams are billed")
    workshop = TypedInvoice(
        [
            TypedLine("Migration workshop, two days", Decimal(2), Decimal("1450.00"), "day"),
            TypedLine("Travel", Decimal(1), Decimal("312.40")),
        ]
    )
    onboarding = TypedInvoice([TypedLine("Onboarding", Decimal(6), Decimal("140.00"), "hour")])
    invoice = _prepared(WORKSHOP, workshop, at=at, by=finance)
    if invoice is not None and invoice.is_draft:
        one_offs.issue(invoice=invoice, at=at, by=approver, reason="As ordered, ticket FIN-88")
    _prepared(ONBOARDING, onboarding, at=at, by=finance)


def _prepared(name: str, typed: TypedInvoice, *, at: datetime, by: Actor) -> Invoice | None:
    """The typed invoice of the account of a name; None where the play has no such account."""
    account = Account.objects.filter(name=name).first()
    if account is None:
        return None
    known = Invoice.objects.filter(account=account, kind=Invoice.Kind.ONE_OFF).first()
    return known or one_offs.prepare(
        account=account, typed=typed, at=at, by=by, reason="Ordered by mail", ticket="FIN-88"
    )
