"""The records of billing under /admin: drafts change through operations, facts are read-only."""

from billing.admin import agreements, billruns, catalogue, invoices, ledger, parallel, subscriptions

__all__ = ["agreements", "billruns", "catalogue", "invoices", "ledger", "parallel", "subscriptions"]
