"""What must always hold of rating, invoices, the ledger and bill runs.

Numbers are those of docs/invariants.md. Each check reads rows only and is safe to run at any time;
`manage.py check_invariants` runs them all.
"""

from billing.invariants import invoices, ledger, rating, runs, shadow

__all__ = ["invoices", "ledger", "rating", "runs", "shadow"]
