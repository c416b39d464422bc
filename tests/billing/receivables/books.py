"""Invoices as a finance person names them: lines with amounts, a tax, a day; and what follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import count

from billing.invoicing.crediting import CreditRequest
from billing.invoicing.models import CreditNote, Invoice, InvoiceLine, InvoiceTax, InvoiceVoid
from billing.invoicing.operations.credit_notes import CreditTerms
from billing.invoicing.operations.invoices import issue_all
from billing.ledger.models import JournalLine
from billing.rating.charges import STEPPED
from billing.receivables.models import Payment, Settlement
from billing.receivables.operations import corrections, payments, settling
from billing.receivables.operations.corrections import CreditDestination
from billing.receivables.operations.payments import Report
from billing.receivables.operations.settling import Recorded
from billing.receivables.queries.free_money import free_money
from billing.receivables.queries.open_items import OpenItem, open_item
from core.actor import acting_as
from core.db.transactions import transaction
from core.money import Money, to_minor
from tests.people import ADA
from tests.story import WHY, Customer, Story, instant

_keys = count(1)


def minor(amount: str, currency: str = "EUR") -> int:
    """An amount in minor units."""
    return to_minor(Fraction(Decimal(amount)), currency)


def _taxed(subtotal: int, rate: str, tax: str | None, currency: str) -> int:
    """The tax on a subtotal in minor units: as said, or by its rate in per cent."""
    if not rate:
        return 0
    exact = Fraction(subtotal) * Fraction(Decimal(rate)) / 100
    return minor(tax, currency) if tax is not None else to_minor(exact / 100, "EUR")


@dataclass
class Books:
    """One customer, its invoices, and what becomes of them."""

    story: Story
    customer: Customer
    zone: str = "UTC"
    billed_to: Mapping[str, str] = field(default_factory=lambda: {"legal_name": "Acme"})

    @property
    def at(self) -> datetime:
        return self.story.at

    def recorded(self, effective_at: str | None = None) -> Recorded:
        """Now, by Ada."""
        return Recorded(self.at, ADA, WHY, instant(effective_at) if effective_at else None)

    def invoice(
        self,
        lines: Mapping[str, str],
        *,
        rate: str = "",
        tax: str | None = None,
        quantities: Mapping[str, str] | None = None,
        terms_days: int = 30,
        reissues: InvoiceVoid | None = None,
    ) -> Invoice:
        """Issue an invoice of these lines now, of a day that no other invoice has."""
        currency = self.customer.account.currency
        nets = {name: minor(amount, currency) for name, amount in lines.items()}
        subtotal = sum(nets.values())
        taxed = _taxed(subtotal, rate, tax, currency)
        with acting_as(ADA, reason=WHY), transaction():
            invoice = self._draft(currency, subtotal, taxed, terms_days, reissues)
            InvoiceLine.objects.bulk_create(
                InvoiceLine(
                    invoice=invoice,
                    position=position,
                    key=name,
                    kind="usage",
                    description=name,
                    quantity=Decimal((quantities or {}).get(name, "1")),
                    unit="unit",
                    amount_minor=amount,
                    tax_group="standard" if rate else "",
                    explanation=[STEPPED, {}, [{"step": "price"}]],
                    period_from=invoice.period_from,
                    period_until=invoice.period_until,
                )
                for position, (name, amount) in enumerate(nets.items(), start=1)
            )
            if rate:
                InvoiceTax.objects.create(
                    invoice=invoice,
                    group="standard",
                    jurisdiction="DE",
                    treatment="standard",
                    name="VAT",
                    rate=Decimal(rate) / 100,
                    base_minor=subtotal,
                    tax_minor=taxed,
                )
            issue_all(invoice_ids=[invoice.pk], at=self.at)
        return Invoice.objects.get(pk=invoice.pk)

    def _draft(
        self,
        currency: str,
        subtotal: int,
        taxed: int,
        terms_days: int,
        reissues: InvoiceVoid | None = None,
    ) -> Invoice:
        day = instant("2020-01-01") + timedelta(days=next(_keys))
        if reissues is not None:
            day = reissues.invoice.period_from
        return Invoice.objects.create(
            account=self.customer.account,
            payer=self.customer.account,
            period_from=day,
            period_until=day + timedelta(days=1),
            reissues=reissues,
            zone=self.zone,
            currency=currency,
            subtotal_minor=subtotal,
            tax_minor=taxed,
            total_minor=subtotal + taxed,
            inputs_digest="0" * 64,
            billed_to=dict(self.billed_to),
            rated_at=self.at,
            terms_days=terms_days,
            created_at=self.at,
        )

    def credits(
        self,
        invoice: Invoice,
        charge: str = "",
        amount: str | None = None,
        *,
        gross: str | None = None,
        quantity: str | None = None,
        percent: str | None = None,
        rest: bool = False,
        refund: str = "0",
        balance: str | None = None,
    ) -> CreditNote:
        """Credit some of a charge, or all that is left where none is named."""
        destination = CreditDestination(
            refund_minor=minor(refund), balance_minor=None if balance is None else minor(balance)
        )
        if not charge:
            return corrections.credit_all(
                invoice=invoice,
                reason_code=CreditNote.Reason.BILLING_ERROR,
                destination=destination,
                recorded=self.recorded(),
            )
        request = CreditRequest(
            charge,
            amount_minor=None if amount is None else minor(amount, invoice.currency),
            gross_minor=None if gross is None else minor(gross, invoice.currency),
            quantity=None if quantity is None else Decimal(quantity),
            percent=None if percent is None else Decimal(percent),
            rest=rest,
        )
        return corrections.credit(
            invoice=invoice,
            terms=CreditTerms(charges=[request]),
            destination=destination,
            recorded=self.recorded(),
        )

    def pays(
        self, amount: str, *, currency: str | None = None, reference: str = "", on: str = ""
    ) -> Payment:
        """Money comes in."""
        currency = currency or self.customer.account.currency
        report = Report(
            source="bank",
            external_key=f"row-{next(_keys)}",
            currency=currency,
            amount_minor=minor(amount, currency),
            received_at=instant(on) if on else self.at,
            reference=reference,
        )
        return payments.record(payer=self.customer.account, report=report, recorded=self.recorded())

    def allocates(
        self, source: Payment | CreditNote, amounts: Mapping[Invoice, str] | None = None
    ) -> list[Settlement]:
        """Put money on invoices: chosen ones, or the oldest."""
        chosen = None
        if amounts is not None:
            chosen = {invoice: minor(text, source.currency) for invoice, text in amounts.items()}
        return settling.allocate(source=source, amounts=chosen, recorded=self.recorded())

    def paid(self, invoice: Invoice, amount: str) -> Payment:
        """Money comes in for an invoice, and is put on it."""
        payment = self.pays(amount)
        self.allocates(payment, {invoice: amount})
        return payment

    def standing(self, invoice: Invoice, *, at: str | None = None) -> OpenItem:
        """How it stands with an invoice."""
        return open_item(invoice, at=instant(at) if at else self.at)

    def open(self, invoice: Invoice, *, at: str | None = None) -> str:
        """What is open of an invoice."""
        item = self.standing(invoice, at=at)
        return str(item.money(item.open_minor).amount)

    def free(self) -> str:
        """All that is free of the customer's money."""
        currency = self.customer.account.currency
        return str(
            Money.from_minor(
                sum(each.free_minor for each in free_money(self.customer.account)), currency
            ).amount
        )


def balance(book: str) -> int:
    """What a book stands at, in minor units; debit positive."""
    lines = JournalLine.objects.filter(ledger_account__code=book)
    return sum(lines.values_list("amount_minor", flat=True))


def parts(note: CreditNote) -> tuple[str, str]:
    """A note before tax, and its tax."""
    return tuple(  # type: ignore[return-value]  # two of them
        str(Money.from_minor(each, note.currency).amount)
        for each in (note.subtotal_minor, note.tax_minor)
    )
