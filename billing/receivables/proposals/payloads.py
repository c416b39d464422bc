"""The payloads of proposals about money: what they name in the books, and their amounts."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from approvals.payloads import PayloadReader
from billing.invoicing.models import CreditNote, Invoice
from billing.invoicing.queries.invoices import find as find_invoice
from billing.receivables.models import Payment, Settlement
from core.decimals import decimal_text
from core.money import Money, to_minor


class BooksReader(PayloadReader):
    """A reader that knows what stands in the books."""

    def invoice(self) -> Invoice:
        """The invoice it names by id or number. Raises: PayloadInvalid."""
        return self.named("invoice", find_invoice, "invoice")

    def payment(self, name: str = "payment") -> Payment:
        """The payment it names. Raises: PayloadInvalid."""
        rows = Payment.objects.select_related("account")
        return self.named(name, lambda ref: rows.filter(public_id=ref).first(), "payment")

    def credit_note(self) -> CreditNote:
        """The credit note it names by id or number. Raises: PayloadInvalid."""
        notes = CreditNote.objects.select_related("invoice__account")

        def find(ref: str) -> CreditNote | None:
            field = "public_id" if ref.startswith("crn_") else "number"
            return notes.filter(**{field: ref}).first()

        return self.named("credit_note", find, "credit note")

    def settlement(self) -> Settlement:
        """The settlement it names. Raises: PayloadInvalid."""
        rows = Settlement.objects.select_related("invoice__account")
        return self.named(
            "settlement", lambda ref: rows.filter(public_id=ref).first(), "settlement"
        )


def amount_text(minor: int, currency: str) -> str:
    """An amount as a payload has it."""
    return decimal_text(Money.from_minor(minor, currency).amount)


def minor_of(text: str, currency: str) -> int:
    """An amount of a canonical payload in minor units."""
    return to_minor(Fraction(Decimal(text)), currency)
