"""Invoices, credit notes and bill runs under /admin, read-only."""

from billing.invoicing.admin import (
    adjustments,
    bill_comparisons,
    bill_runs,
    billed_spans,
    coupon_uses,
    credit_notes,
    gates,
    grants,
    invoices,
    late_usage,
    tax_rates,
)

__all__ = [
    "adjustments",
    "bill_comparisons",
    "bill_runs",
    "billed_spans",
    "coupon_uses",
    "credit_notes",
    "gates",
    "grants",
    "invoices",
    "late_usage",
    "tax_rates",
]
