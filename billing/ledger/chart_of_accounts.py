"""The accounts of the books that every installation has."""

from billing.ledger.models import LedgerAccount

RECEIVABLES = "receivables"
REVENUE = "revenue"
TAX_PAYABLE = "tax-payable"
CUSTOMER_CREDIT = "customer-credit"
"""What invoices left over and later ones of the account take; its lines name the account."""

_BOOKS = (
    (RECEIVABLES, "Receivables", LedgerAccount.Kind.ASSET),
    (REVENUE, "Revenue", LedgerAccount.Kind.INCOME),
    (TAX_PAYABLE, "Tax payable", LedgerAccount.Kind.LIABILITY),
    (CUSTOMER_CREDIT, "Credit carried forward", LedgerAccount.Kind.LIABILITY),
)


def open_books(*, using: str) -> None:
    """Make what is missing; safe to call at any time."""
    for code, name, kind in _BOOKS:
        LedgerAccount.objects.using(using).get_or_create(
            code=code, defaults={"name": name, "kind": kind}
        )
