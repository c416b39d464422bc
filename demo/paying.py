"""The fourth step: money comes in for the month's invoices, and some of it is not as it should be.

It comes in a file of the house bank. Most payers pay in full. One pays a part, one too much, one
nothing and promises to, one names no invoice; one is credited a charge and contests two others; and
a row is of nobody who is known. Each thing is done once, however often it is told.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from accounts.permissions import Role
from billing.invoicing.crediting import CreditRequest
from billing.invoicing.models import BillRun, CreditNote, Invoice
from billing.invoicing.operations.credit_notes import CreditTerms
from billing.invoicing.queries.creditable import creditable
from billing.receivables.models import BankFile, RuleVersion
from billing.receivables.operations import bank_files, corrections, dunning, rule_versions
from billing.receivables.operations.bank_files import BankUpload
from billing.receivables.operations.settling import Recorded
from billing.receivables.policies.bank_formats import STANDARD_CODE
from billing.receivables.queries.open_items import open_items
from billing.receivables.queries.rule_versions import bank_format
from core.money import Money
from demo.disputing import contest_charges
from demo.reference.people import actor_of, holder_of

DISPUTING: Final = "Blaue Stunde"
PART: Final = "Tidewater Clinics"
TOO_MUCH: Final = "Southerly Surf"
NOTHING: Final = "Lantern Books"
NAMELESS: Final = "Jonas Lindqvist"
BANK: Final = "bank:house-bank"
STEPS: Final[Mapping[str, Any]] = {
    "steps": [
        {"days": 1, "action": "remind"},
        {"days": 7, "action": "warn"},
        {"days": 14, "action": "suspend"},
    ]
}


def pay_month(run: BillRun, *, at: datetime) -> None:
    """Play what becomes of the run's invoices."""
    finance = holder_of(Role.FINANCE_ADMIN)
    invoices = list(
        Invoice.objects.filter(
            billrunitem__run=run, state=Invoice.State.ISSUED, consolidated_on__isnull=True
        )
        .select_related("account", "payer")
        .order_by("number")
    )
    for invoice in invoices:
        if invoice.account.name == DISPUTING:
            _dispute(invoice, at=at)
    recorded = Recorded(at, actor_of(finance), "Bank statement of the day")
    _set_steps(recorded)
    if not BankFile.objects.filter(bank_account=BANK).exists():
        _import(invoices, recorded)
        _promise(invoices, recorded)


def _dispute(invoice: Invoice, *, at: datetime) -> None:
    """One charge is credited, the largest others are contested and held back meanwhile."""
    if invoice.credit_notes.exists():
        return
    approver = Recorded(at, actor_of(holder_of(Role.FINANCE_APPROVER)), "Ticket SUP-2101")
    charges = sorted(creditable(invoice).charges, key=lambda each: each.billed_minor)
    wrong = charges[len(charges) // 2]
    corrections.credit(
        invoice=invoice,
        terms=CreditTerms(
            charges=[CreditRequest(wrong.key, rest=True)],
            reason_code=CreditNote.Reason.BILLING_ERROR,
            ticket="SUP-2101",
        ),
        recorded=approver,
    )
    contest_charges(invoice, at=at)


def _set_steps(recorded: Recorded) -> None:
    """Steps of the demo's own: the house's are weeks apart."""
    if not RuleVersion.objects.filter(subject=RuleVersion.Subject.DUNNING).exists():
        rule_versions.define(subject=RuleVersion.Subject.DUNNING, document=STEPS, recorded=recorded)


def _import(invoices: Sequence[Invoice], recorded: Recorded) -> None:
    """The statement of the day: a row for each invoice that is paid, and one of nobody known."""
    items = open_items(invoices, at=recorded.at)
    day = f"{recorded.at:%Y-%m-%d}"
    rows = []
    for invoice in invoices:
        item = items[invoice.pk]
        minor = _paid(invoice, item.open_minor, item.due_minor)
        text = "hosting" if invoice.account.name == NAMELESS else invoice.number
        if minor > 0:
            amount = Money.from_minor(minor, invoice.currency).amount
            rows.append(f'{day},{amount},{invoice.currency},{text},"{invoice.payer.name}"')
    rows.append(f"{day},42.00,EUR,Ihre Rechnung,K. Unbekannt")
    content = "\n".join(["date,amount,currency,text,payer_name", *rows, ""]).encode()
    form = bank_format(STANDARD_CODE, at=recorded.at)
    upload = BankUpload(content, f"house-bank-{day}.csv", BANK, form)
    bank_files.import_file(upload=upload, recorded=recorded)


def _promise(invoices: Sequence[Invoice], recorded: Recorded) -> None:
    """Whoever paid nothing says when it will."""
    for invoice in invoices:
        if invoice.account.name == NOTHING and invoice.total_minor:
            dunning.promise(
                account=invoice.payer,
                amount_minor=invoice.total_minor,
                promised_on=(recorded.at + timedelta(days=10)).date(),
                recorded=Recorded(recorded.at, recorded.by, "By telephone, the owner herself"),
            )


def _paid(invoice: Invoice, open_minor: int, due_minor: int) -> int:
    """What the payer transfers for an invoice, in minor units."""
    name = invoice.account.name
    if name == NOTHING:
        return 0
    if name == PART:
        return open_minor * 3 // 5
    if name == TOO_MUCH:
        return open_minor + 595
    return due_minor
