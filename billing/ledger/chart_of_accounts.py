"""The accounts of the books that every installation has."""

from billing.ledger.models import LedgerAccount

RECEIVABLES = "receivables"
CASH = "cash"
REVENUE = "revenue"
TAX_PAYABLE = "tax-payable"
CUSTOMER_CREDIT = "customer-credit"
"""What invoices left over and later ones of the account take; its lines name the account."""
UNAPPLIED_CASH = "unapplied-cash"
"""Paid and not yet on an invoice; its lines name the payer."""
CUSTOMER_BALANCE = "customer-balance"
"""Credited and not yet on an invoice; its lines name the payer."""
REFUNDS_CLEARING = "refunds-clearing"
"""Refunds on their way back; its lines name the payer."""
PAYMENTS_CLEARING = "payments-clearing"
"""Taken beyond what a payment had left; it waits for a person."""
BAD_DEBT = "bad-debt"
PAYMENT_LOSSES = "payment-losses"
"""Bank charges, exchange differences and what a card network took beyond what was paid."""

_KIND = LedgerAccount.Kind
_BOOKS = (
    (RECEIVABLES, "Receivables", _KIND.ASSET),
    (CASH, "Cash", _KIND.ASSET),
    (REVENUE, "Revenue", _KIND.INCOME),
    (TAX_PAYABLE, "Tax payable", _KIND.LIABILITY),
    (CUSTOMER_CREDIT, "Credit carried forward", _KIND.LIABILITY),
    (UNAPPLIED_CASH, "Unapplied cash", _KIND.LIABILITY),
    (CUSTOMER_BALANCE, "Customer balance", _KIND.LIABILITY),
    (REFUNDS_CLEARING, "Refunds on their way", _KIND.LIABILITY),
    (PAYMENTS_CLEARING, "Payments to be cleared", _KIND.ASSET),
    (BAD_DEBT, "Bad debt", _KIND.EXPENSE),
    (PAYMENT_LOSSES, "Payment losses", _KIND.EXPENSE),
)


def open_books(*, using: str) -> None:
    """Make what is missing; safe to call at any time."""
    for code, name, kind in _BOOKS:
        LedgerAccount.objects.using(using).get_or_create(
            code=code, defaults={"name": name, "kind": kind}
        )
