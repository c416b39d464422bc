"""The same charge on earlier invoices of the account."""

from __future__ import annotations

from typing import Final

from billing.invoicing.drafting.settled import charge_key_of
from billing.invoicing.models import InvoiceLine
from billing.invoicing.models.invoices import of_period

EARLIER: Final = 3


def earlier_lines(line: InvoiceLine) -> list[InvoiceLine]:
    """The charge on the invoices before, the latest first; up to three, one query."""
    rows = InvoiceLine.objects.filter(
        of_period("invoice__"),
        invoice__account_id=line.invoice.account_id,
        invoice__period_from__lt=line.invoice.period_from,
        key=line.key if line.pk else charge_key_of(line.key),
        corrects__isnull=True,
    )
    return list(rows.select_related("invoice").order_by("-invoice__period_from")[:EARLIER])
