"""What must always hold of rating, invoices and bill runs.

Numbers are those of docs/invariants.md. Each check reads rows only and is safe to run at any time;
`manage.py check_invariants` runs them all.
"""

from billing.invoicing.invariants import (
    bill_runs,
    books,
    grants,
    invoices,
    issued,
    rating,
    shadow,
    statements,
)

__all__ = ["bill_runs", "books", "grants", "invoices", "issued", "rating", "shadow", "statements"]
