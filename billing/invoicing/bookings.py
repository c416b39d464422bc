"""What the facts of invoicing book: the postings of an issued invoice."""

from billing.invoicing.models import Invoice
from billing.ledger.chart_of_accounts import CUSTOMER_CREDIT, RECEIVABLES, REVENUE, TAX_PAYABLE
from billing.ledger.models import Journal
from billing.ledger.operations import Posting, Side


def issued(invoice: Invoice) -> Posting:
    """Receivable of the payer against revenue and tax, and the credit that the account carries
    forward or takes. An invoice of nothing in all books nothing.
    """
    return Posting(
        kind=Journal.Kind.INVOICE_ISSUED,
        source=invoice.public_id,
        currency=invoice.currency,
        memo=f"Invoice {invoice.public_id} issued",
        sides=(
            Side(RECEIVABLES, invoice.total_minor, invoice.payer_id),
            Side(REVENUE, -invoice.subtotal_minor),
            Side(TAX_PAYABLE, -invoice.tax_minor),
            Side(CUSTOMER_CREDIT, -invoice.carried_minor, invoice.account_id),
        ),
    )
