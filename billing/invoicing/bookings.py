"""What the facts of invoicing book: how an issued invoice and a credit note move the books."""

from billing.invoicing.models import CreditNote, Invoice
from billing.ledger.chart_of_accounts import (
    CUSTOMER_BALANCE,
    CUSTOMER_CREDIT,
    RECEIVABLES,
    REVENUE,
    TAX_PAYABLE,
)
from billing.ledger.templates import Posting, credit, debit, declare

INVOICE_ISSUED = declare(
    "invoice_issued",
    "Invoice issued",
    "The payer owes the total; credit that is carried forward or taken is the account's own.",
    debit(RECEIVABLES, "total", "payer"),
    credit(REVENUE, "subtotal"),
    credit(TAX_PAYABLE, "tax"),
    credit(CUSTOMER_CREDIT, "carried", "account"),
)


def issued(invoice: Invoice) -> Posting:
    """The posting of an issued invoice. An invoice of nothing in all books nothing."""
    return INVOICE_ISSUED.posting(
        source=invoice.public_id,
        currency=invoice.currency,
        amounts={
            "total": invoice.total_minor,
            "subtotal": invoice.subtotal_minor,
            "tax": invoice.tax_minor,
            "carried": invoice.carried_minor,
        },
        owners={"payer": invoice.payer_id, "account": invoice.account_id},
    )


CREDIT_NOTE_ISSUED = declare(
    "credit_note_issued",
    "Credit note issued",
    "The payer gets the total back: as balance first, which settlements then take.",
    debit(REVENUE, "subtotal"),
    debit(TAX_PAYABLE, "tax"),
    credit(CUSTOMER_BALANCE, "total", "payer"),
)


def credited(note: CreditNote) -> Posting:
    """The posting of a credit note. A note of nothing books nothing."""
    return CREDIT_NOTE_ISSUED.posting(
        source=note.public_id,
        currency=note.currency,
        amounts={
            "total": note.total_minor,
            "subtotal": note.subtotal_minor,
            "tax": note.tax_minor,
        },
        owners={"payer": note.invoice.payer_id},
    )
