"""What invoicing stores."""

from billing.invoicing.models.bill_runs import BillRun, BillRunChunk, BillRunItem
from billing.invoicing.models.billed_spans import BilledSpan
from billing.invoicing.models.credit_notes import (
    CreditNote,
    CreditNoteLine,
    CreditNoteTax,
    InvoiceVoid,
)
from billing.invoicing.models.invoices import Invoice, InvoiceLine, NumberSeries
from billing.invoicing.models.late_usage import LateUsageAmount, LateUsageDecision
from billing.invoicing.models.tax_rates import TaxExemption, TaxRate
from billing.invoicing.models.taxes import InvoiceTax

__all__ = [
    "BillRun",
    "BillRunChunk",
    "BillRunItem",
    "BilledSpan",
    "CreditNote",
    "CreditNoteLine",
    "CreditNoteTax",
    "Invoice",
    "InvoiceLine",
    "InvoiceTax",
    "InvoiceVoid",
    "LateUsageAmount",
    "LateUsageDecision",
    "NumberSeries",
    "TaxExemption",
    "TaxRate",
]
