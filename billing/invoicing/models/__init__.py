"""What invoicing stores."""

from billing.invoicing.models.bill_runs import BillRun, BillRunChunk, BillRunItem
from billing.invoicing.models.billed_spans import BilledSpan
from billing.invoicing.models.invoices import Invoice, InvoiceLine, NumberSeries
from billing.invoicing.models.late_usage import LateUsageAmount, LateUsageDecision

__all__ = [
    "BillRun",
    "BillRunChunk",
    "BillRunItem",
    "BilledSpan",
    "Invoice",
    "InvoiceLine",
    "LateUsageAmount",
    "LateUsageDecision",
    "NumberSeries",
]
