"""The records of billing under /admin: drafts change through operations, facts are read-only."""

from billing.admin import billruns, catalogue, invoices, ledger, parallel, subscriptions

__all__ = ["billruns", "catalogue", "invoices", "ledger", "parallel", "subscriptions"]
