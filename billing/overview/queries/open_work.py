"""What waits for somebody in billing: parked accounts and drafts. Counts stop at a ceiling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from billing.invoicing.models import BillRun, BillRunItem, Invoice
from billing.invoicing.queries.bill_runs import ParkedItem, parked_item
from billing.invoicing.queries.invoices import InvoiceRow, row_of

CEILING = 1_000
SHOWN = 10


@dataclass(frozen=True, slots=True)
class OpenCount:
    """A number of things; `is_more` when there are more than anybody needs counted."""

    count: int
    is_more: bool
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class OpenWork:
    """The open ends of billing."""

    parked: OpenCount
    parked_items: Sequence[ParkedItem]
    drafts: OpenCount
    draft_rows: Sequence[InvoiceRow]
    last_run: BillRun | None
    running: int


def open_work() -> OpenWork:
    """Parked accounts and draft invoices, oldest first; six queries."""
    parked = BillRunItem.objects.filter(state=BillRunItem.State.PARKED)
    drafts = Invoice.objects.filter(state=Invoice.State.DRAFT)
    parked_items = [
        parked_item(item)
        for item in parked.select_related("account", "run").order_by("settled_at", "pk")[:SHOWN]
    ]
    draft_rows = [
        row_of(invoice)
        for invoice in drafts.select_related("account").order_by("period_from", "pk")[:SHOWN]
    ]
    return OpenWork(
        parked=_counted(parked, parked_items[0].since if parked_items else None),
        parked_items=parked_items,
        drafts=_counted(drafts, draft_rows[0].period.end if draft_rows else None),
        draft_rows=draft_rows,
        last_run=BillRun.objects.order_by("-started_at", "-pk").first(),
        running=BillRun.objects.filter(finished_at__isnull=True).count(),
    )


def _counted(rows: QuerySet[BillRunItem] | QuerySet[Invoice], oldest: datetime | None) -> OpenCount:
    count = rows.order_by()[: CEILING + 1].count()
    return OpenCount(min(count, CEILING), count > CEILING, oldest)
