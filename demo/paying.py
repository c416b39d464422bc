"""The fourth step: money comes in for the month's invoices, and some of it is not as it should be.

Most payers pay in full. One pays a part, one too much, two nothing; one is credited a charge and
holds back another. Each thing is done once, by the name of its
report, however often it is told.
"""

from datetime import datetime
from typing import Final

from accounts.models import User
from accounts.permissions import Role
from billing.invoicing.crediting import CreditRequest
from billing.invoicing.models import BillRun, CreditNote, Invoice
from billing.invoicing.operations.credit_notes import CreditTerms
from billing.invoicing.queries.creditable import creditable
from billing.receivables.models import Hold, Payment
from billing.receivables.operations import corrections, holds, payments, settling
from billing.receivables.operations.holds import HoldTerms
from billing.receivables.operations.payments import Report
from billing.receivables.operations.settling import Recorded
from billing.receivables.queries.open_items import open_item
from demo.reference.people import actor_of

DISPUTING: Final = "Blaue Stunde"
PART: Final = "Tidewater Clinics"
TOO_MUCH: Final = "Southerly Surf"
NOTHING: Final = frozenset({"Lantern Books", "Jonas Lindqvist"})


def pay_month(run: BillRun, *, at: datetime) -> None:
    """Play what becomes of the run's invoices."""
    finance = _person(Role.FINANCE_ADMIN)
    invoices = list(
        Invoice.objects.filter(billrunitem__run=run, state=Invoice.State.ISSUED)
        .select_related("account", "payer")
        .order_by("number")
    )
    for invoice in invoices:
        if invoice.account.name == DISPUTING:
            _dispute(invoice, at=at)
    for invoice in invoices:
        _pay(invoice, Recorded(at, actor_of(finance), "Bank statement of the day"))


def _person(role: Role) -> User:
    person: User = User.objects.get(role_grants__role=role, role_grants__state="granted")
    return person


def _dispute(invoice: Invoice, *, at: datetime) -> None:
    """One charge is credited, the largest other one is held back while somebody looks."""
    if invoice.credit_notes.exists():
        return
    approver = Recorded(at, actor_of(_person(Role.FINANCE_APPROVER)), "Ticket SUP-2101")
    charges = sorted(creditable(invoice).charges, key=lambda each: each.billed_minor)
    wrong, contested = charges[len(charges) // 2], charges[-1]
    corrections.credit(
        invoice=invoice,
        terms=CreditTerms(
            charges=[CreditRequest(wrong.key, rest=True)],
            reason_code=CreditNote.Reason.BILLING_ERROR,
            ticket="SUP-2101",
        ),
        recorded=approver,
    )
    holds.place(
        invoice=invoice,
        amount_minor=min(contested.billed_minor, open_item(invoice, at=at).open_minor),
        terms=HoldTerms((Hold.Process.DUNNING, Hold.Process.AUTO_PAY)),
        recorded=Recorded(
            at, actor_of(_person(Role.SENIOR_SUPPORT)), f"{contested.description} is contested"
        ),
    )


def _pay(invoice: Invoice, recorded: Recorded) -> None:
    item = open_item(invoice, at=recorded.at)
    minor = _paid(invoice, item.open_minor, item.due_minor)
    if minor <= 0 or Payment.objects.filter(external_key=_row(invoice)).exists():
        return
    payment = payments.record(
        payer=invoice.payer,
        report=Report(
            source="bank:house-bank",
            external_key=_row(invoice),
            currency=invoice.currency,
            amount_minor=minor,
            received_at=recorded.at,
            reference=f"{invoice.number} {invoice.payer.name}",
        ),
        recorded=recorded,
    )
    settling.allocate(
        source=payment, amounts={invoice: min(minor, item.open_minor)}, recorded=recorded
    )


def _paid(invoice: Invoice, open_minor: int, due_minor: int) -> int:
    """What the payer transfers for an invoice, in minor units."""
    name = invoice.account.name
    if name in NOTHING:
        return 0
    if name == PART:
        return open_minor * 3 // 5
    if name == TOO_MUCH:
        return open_minor + 595
    return due_minor


def _row(invoice: Invoice) -> str:
    return f"demo/{invoice.number}"
