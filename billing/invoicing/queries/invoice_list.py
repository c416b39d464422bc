"""The list of invoices: what it can be sorted by, what it comes to, and all of it for a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from django.db.models import QuerySet

from billing.invoicing.filters import InvoiceFilters
from billing.invoicing.models import Invoice
from billing.invoicing.queries.invoices import InvoiceRow, row_of
from core.db.keyset_pages import Page, PageOrder, Position, page_of
from core.db.list_totals import ListTotals, totals_of

INVOICE_ORDERS: Final[Mapping[str, PageOrder]] = {
    "period": PageOrder("period_from", descending=False),
    "number": PageOrder("number", descending=False, nullable="number"),
    "account": PageOrder("account__name", descending=False),
    "issued": PageOrder("issued_at", descending=False, nullable="issued_at"),
    "due": PageOrder("due_on", descending=False, nullable="due_on"),
    "total": PageOrder("currency", descending=False, then=("total_minor", "pk")),
}
"""By the names an address uses. Amounts are compared within their currency."""

SUMMED_MOST: Final = 50_000
_READ_AT_ONCE = 500


def listed_invoices(
    filters: InvoiceFilters, *, order: PageOrder, position: Position
) -> Page[InvoiceRow]:
    """A page of invoices; at most two queries. Raises: UnknownCursor."""
    return page_of(_narrowed(filters), order=order, position=position).showing(row_of)


def invoice_totals(filters: InvoiceFilters, *, order: PageOrder) -> ListTotals:
    """What the invoices come to, of the first `SUMMED_MOST`; a statement is summed with what it is
    part of. One query.
    """
    rows = filters.narrow(Invoice.objects.filter(consolidated_on__isnull=True))
    return totals_of(rows, minor="total_minor", order=order, most=SUMMED_MOST)


def every_invoice(filters: InvoiceFilters, *, order: PageOrder) -> Iterator[Invoice]:
    """All of them, their accounts loaded, a few hundred at a time; for a file."""
    return _narrowed(filters).order_by(*order.names).iterator(chunk_size=_READ_AT_ONCE)


def _narrowed(filters: InvoiceFilters) -> QuerySet[Invoice]:
    rows: QuerySet[Invoice] = filters.narrow(Invoice.objects.select_related("account"))
    return rows
