"""Charges with the days they serve, recognised month by month, as a finance person tells them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from billing.closing.models import RevenueEntry, RevenueRecognition
from billing.closing.months import BooksMonth, read_month
from billing.closing.operations.recognition import recognise
from billing.closing.queries.revenue import revenue_of
from billing.invoicing.models import Invoice, InvoiceLine, InvoiceTax
from billing.invoicing.operations.invoices import issue_all
from billing.ledger.operations import period_locking
from billing.ledger.queries.balances import balances
from billing.ledger.templates import DocumentKind
from billing.rating.charges import STEPPED
from core.actor import acting_as
from core.db.transactions import transaction
from core.money import Money
from core.periods import local_midnight
from tests.billing.receivables.books import Books, minor
from tests.people import ADA
from tests.story import WHY, instant


@dataclass(frozen=True)
class Charge:
    """A line: what it costs, the first day it serves and the day after the last."""

    amount: str
    first: str
    until: str
    kind: str = "fee"


@dataclass
class RevenueBooks(Books):
    """The books of a customer whose charges serve days."""

    def bills(self, tax: str = "0", **charges: Charge) -> Invoice:
        """Issue an invoice of these charges now."""
        currency = self.customer.account.currency
        nets = {key: minor(charge.amount, currency) for key, charge in charges.items()}
        taxed = minor(tax, currency)
        with acting_as(ADA, reason=WHY), transaction():
            invoice = self._draft(currency, sum(nets.values()), taxed, 30)
            InvoiceLine.objects.bulk_create(
                InvoiceLine(
                    invoice=invoice,
                    position=position,
                    key=key.replace("__", "/"),
                    kind=charge.kind,
                    description=key,
                    quantity=Decimal(1),
                    unit="unit",
                    amount_minor=nets[key],
                    tax_group="standard" if taxed else "",
                    explanation=[STEPPED, {}, [{"step": "price"}]],
                    period_from=self._local(charge.first),
                    period_until=self._local(charge.until),
                )
                for position, (key, charge) in enumerate(charges.items(), start=1)
            )
            if taxed:
                InvoiceTax.objects.create(
                    invoice=invoice,
                    group="standard",
                    jurisdiction="DE",
                    treatment="standard",
                    name="VAT",
                    rate=Decimal("0.2"),
                    base_minor=invoice.subtotal_minor,
                    tax_minor=taxed,
                )
            issue_all(invoice_ids=[invoice.pk], at=self.at)
        return Invoice.objects.get(pk=invoice.pk)

    def _local(self, day: str) -> datetime:
        return local_midnight(date.fromisoformat(day), self.zone)

    def recognises(self, month: str) -> list[RevenueRecognition]:
        """Recognise a month on the third of the next one, or later where it is later."""
        asked = read_month(month)
        self.at_least(asked)
        return recognise(month=asked, at=self.at, by=ADA, reason=WHY)

    def at_least(self, month: BooksMonth) -> None:
        """Go to the third of the month after, where it is earlier."""
        third = f"{month.following.first_on:%Y-%m}-03"
        if self.at < instant(third):
            self.story.on(third)

    def locks(self, month: str) -> None:
        """Lock the journal of a month."""
        asked = read_month(month)
        self.at_least(asked)
        period_locking.lock(
            documents=[DocumentKind.JOURNAL], until=asked.ends_at, at=self.at, by=ADA, reason=WHY
        )

    def earned(self, month: str) -> str:
        """What a month earned."""
        currency = self.customer.account.currency
        entries = RevenueEntry.objects.filter(
            recognition__month_on=read_month(month).first_on
        ).values_list("recognised_minor", flat=True)
        return str(Money.from_minor(sum(entries), currency).amount)

    def stands(self, book: str, month: str) -> str:
        """What a book stands at, at the end of a month; credits above zero."""
        currency = self.customer.account.currency
        found = [
            -each.amount.minor
            for each in balances(at=read_month(month).ends_at)
            if each.code == book
        ]
        return str(Money.from_minor(sum(found), currency).amount)

    def sums(self, month: str) -> tuple[str, str, str]:
        """What the query of revenue says: earned, deferred, unbilled."""
        (row,) = revenue_of(read_month(month))
        return str(row.recognised.amount), str(row.deferred.amount), str(row.unbilled.amount)
