"""Lines that no price made: decided on, typed, deducted, of a statement, or of the whole account.

They have no usage, price or tiers to open; what made them is who decided, or the steps themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

from billing.invoicing.models import Adjustment, Invoice, InvoiceLine
from billing.invoicing.models.invoice_lines import ADJUSTMENT, DEDUCTION, STATEMENT
from billing.invoicing.queries.adjustments import find_adjustment
from billing.invoicing.queries.invoices import line_row
from billing.invoicing.queries.line_pages import LineRow
from billing.invoicing.queries.month_to_date import MonthToDate, draft_line_row


@dataclass(frozen=True, slots=True)
class UnpricedLine:
    """A line without a price. `adjustment` is what it bills, `other` the invoice it rests on: the
    one whose amount it deducts, or the statement it stands for.
    """

    line: LineRow
    invoice: Invoice | None
    adjustment: Adjustment | None = None
    other: Invoice | None = None


def unpriced_invoice_line(invoice: Invoice, position: int) -> UnpricedLine:
    """A line of an invoice that is there and has no price; two queries."""
    rows = InvoiceLine.objects.select_related("resource")
    line = rows.get(invoice=invoice, position=position, price__isnull=True)
    adjustment, other = None, None
    ref = line.key.split(":")[1] if ":" in line.key else ""
    if line.kind == ADJUSTMENT:
        adjustment = find_adjustment(ref)
    elif line.kind in (DEDUCTION, STATEMENT):
        other = Invoice.objects.select_related("account").filter(public_id=ref).first()
    return UnpricedLine(line_row(line, invoice.currency), invoice, adjustment, other)


def unpriced_bill_line(bill: MonthToDate, position: int) -> UnpricedLine:
    """The same of the bill so far; no query."""
    line = bill.lines[position - 1]
    return UnpricedLine(draft_line_row(position, line, bill.total.currency), None)
