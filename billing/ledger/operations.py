"""Post journals. A posting is final: what was wrong is corrected by another journal."""

from collections.abc import Sequence
from datetime import datetime

from billing.invoicing.models import Invoice
from billing.ledger.chart_of_accounts import RECEIVABLES, REVENUE, TAX_PAYABLE
from billing.ledger.models import Journal, JournalLine, LedgerAccount
from core.db.bulk_rows import copy_rows, reserve_ids
from core.db.transactions import transaction_required
from core.ids import new_id

JOURNAL_COLUMNS = ("id", "public_id", "kind", "source", "currency", "posted_at", "memo")
LINE_COLUMNS = ("journal_id", "ledger_account_id", "account_id", "amount_minor")


@transaction_required()
def post_issued_invoices(*, invoices: Sequence[Invoice], at: datetime) -> None:
    """Book issued invoices: receivable of the payer against revenue and tax.

    An invoice of 0.00 books nothing. Raises the database's refusal when one was booked before.
    """
    owed = [invoice for invoice in invoices if invoice.total_minor]
    books = dict(LedgerAccount.objects.values_list("code", "pk"))
    journals, lines = [], []
    for journal_id, invoice in zip(reserve_ids(Journal, len(owed)), owed, strict=True):
        journals.append(
            (
                journal_id,
                new_id("jrn"),
                Journal.Kind.INVOICE_ISSUED,
                invoice.public_id,
                invoice.currency,
                at,
                f"Invoice {invoice.public_id} issued",
            )
        )
        sides = (
            (books[RECEIVABLES], invoice.payer_id, invoice.total_minor),
            (books[REVENUE], None, -invoice.subtotal_minor),
            (books[TAX_PAYABLE], None, -invoice.tax_minor),
        )
        lines += [(journal_id, book, account, minor) for book, account, minor in sides if minor]
    copy_rows(Journal, JOURNAL_COLUMNS, journals)
    copy_rows(JournalLine, LINE_COLUMNS, lines)
