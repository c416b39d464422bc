"""Which of the bills that were issued last other bounds would have kept back. Nothing is kept.

Each bill is judged by the gate's own rule, against what was expected of its account by then: the
bills before it that are owed now. A bound of a whole run is not tried.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import Max
from django.db.models.functions import Abs

from billing.invoicing.models import Invoice, InvoiceLine
from billing.invoicing.models.invoices import of_period
from billing.invoicing.queries.expected import EXPECTED_OF, Expected, expected_after
from billing.invoicing.queries.gates import BillBounds, BillFigures, trips
from billing.invoicing.queries.invoices import InvoiceRow, row_of

BILLS_TRIED: Final = 500
BILLS_SHOWN: Final = 50


@dataclass(frozen=True, slots=True)
class KeptBill:
    """A bill that would have been kept back, and the figure that trips."""

    invoice: InvoiceRow
    why: str


@dataclass(frozen=True, slots=True)
class BoundsTried:
    """How many bills were looked at, how many would have waited, and the first of those."""

    looked_at: int
    kept_count: int
    kept: Sequence[KeptBill]


def try_bounds(bounds: BillBounds, *, currency: str) -> BoundsTried:
    """The last bills of a currency, the latest first, by these bounds; three queries."""
    recent = Invoice.objects.filter(of_period(), currency=currency).select_related("account")
    bills = list(recent.order_by("-issued_at", "-pk")[:BILLS_TRIED])
    largest, before = _largest_lines(bills), _before({bill.account_id for bill in bills})
    kept = []
    for bill in bills:
        figures = BillFigures(currency, largest.get(bill.pk, 0), bill.subtotal_minor)
        why = trips(figures, bounds, before.get(bill.pk))
        if why:
            kept.append(KeptBill(row_of(bill), why))
    return BoundsTried(len(bills), len(kept), kept[:BILLS_SHOWN])


def _largest_lines(bills: Sequence[Invoice]) -> dict[int, int]:
    lines = InvoiceLine.objects.filter(invoice__in=bills).order_by().values_list("invoice_id")
    return dict(lines.annotate(largest=Max(Abs("amount_minor"))))


def _before(account_ids: Collection[int]) -> dict[int, Expected]:
    """What was expected before each bill of these accounts; those without one before are absent."""
    rows = Invoice.objects.filter(of_period(), account_id__one_of=account_ids)
    totals: dict[int, list[int]] = defaultdict(list)
    found = {}
    for account_id, pk, minor in rows.order_by("account_id", "period_from").values_list(
        "account_id", "pk", "subtotal_minor"
    ):
        earlier = totals[account_id]
        if earlier:
            found[pk] = expected_after(earlier[-EXPECTED_OF:])
        earlier.append(minor)
    return found
