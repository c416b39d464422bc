"""What invoicing stores."""

from billing.invoicing.models.adjustments import Adjustment, AdjustmentBilled
from billing.invoicing.models.bill_comparisons import BillComparisonWork, ComparedPart
from billing.invoicing.models.bill_runs import BillRun, BillRunChunk, BillRunItem
from billing.invoicing.models.billed_spans import BilledSpan
from billing.invoicing.models.consolidations import Consolidation
from billing.invoicing.models.coupon_uses import CouponUse
from billing.invoicing.models.credit_notes import (
    CreditNote,
    CreditNoteLine,
    CreditNoteTax,
    InvoiceVoid,
)
from billing.invoicing.models.gates import SanityPolicy, SanityRelease, SourceWaiver
from billing.invoicing.models.grants import CreditGrant, GrantMovement
from billing.invoicing.models.invoice_lines import InvoiceLine
from billing.invoicing.models.invoice_terms import InvoiceTerms
from billing.invoicing.models.invoices import Invoice
from billing.invoicing.models.late_usage import LateUsageAmount, LateUsageDecision
from billing.invoicing.models.number_series import NumberingChange, NumberSeries
from billing.invoicing.models.one_offs import OneOffInvoice
from billing.invoicing.models.tax_rates import JurisdictionPolicy, TaxExemption, TaxRate
from billing.invoicing.models.taxes import InvoiceTax

__all__ = [
    "Adjustment",
    "AdjustmentBilled",
    "BillComparisonWork",
    "BillRun",
    "BillRunChunk",
    "BillRunItem",
    "BilledSpan",
    "ComparedPart",
    "Consolidation",
    "CouponUse",
    "CreditGrant",
    "CreditNote",
    "CreditNoteLine",
    "CreditNoteTax",
    "GrantMovement",
    "Invoice",
    "InvoiceLine",
    "InvoiceTax",
    "InvoiceTerms",
    "InvoiceVoid",
    "JurisdictionPolicy",
    "LateUsageAmount",
    "LateUsageDecision",
    "NumberSeries",
    "NumberingChange",
    "OneOffInvoice",
    "SanityPolicy",
    "SanityRelease",
    "SourceWaiver",
    "TaxExemption",
    "TaxRate",
]
