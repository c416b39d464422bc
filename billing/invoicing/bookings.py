"""What the facts of invoicing book: how an issued invoice and a credit note move the books."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from billing.invoicing.models import CreditGrant, CreditNote, Invoice, InvoiceTax
from billing.ledger.chart_of_accounts import (
    BREAKAGE,
    CUSTOMER_BALANCE,
    CUSTOMER_CREDIT,
    PREPAID_CREDIT,
    PREPAID_REVENUE,
    RECEIVABLES,
    REVENUE,
    TAX_PAYABLE,
)
from billing.ledger.templates import (
    DocumentKind,
    Posting,
    Side,
    Template,
    credit,
    debit,
    declare,
)

INVOICE_ISSUED = declare(
    "invoice_issued",
    "Invoice issued",
    "The payer owes the total; credit that is carried forward or taken is the account's own.",
    debit(RECEIVABLES, "total", "payer"),
    credit(REVENUE, "subtotal"),
    credit(TAX_PAYABLE, "tax"),
    credit(CUSTOMER_CREDIT, "carried", "account"),
    document=DocumentKind.INVOICE,
)


def issued(invoice: Invoice, taxes: Iterable[InvoiceTax]) -> Posting:
    """The posting of an issued invoice with its taxes. An invoice of nothing books nothing."""
    return INVOICE_ISSUED.posting(
        source=invoice.public_id,
        currency=invoice.currency,
        amounts={
            "total": invoice.total_minor,
            "subtotal": invoice.subtotal_minor,
            "tax": _by_jurisdiction((tax.jurisdiction, tax.tax_minor) for tax in taxes),
            "carried": invoice.carried_minor,
        },
        owners={"payer": invoice.payer_id, "account": invoice.account_id},
    )


def issued_together(
    invoice: Invoice, taxes: Iterable[InvoiceTax], carried: Mapping[int, int]
) -> Posting:
    """The posting of a consolidated invoice; what is carried is each account's own."""
    whole = INVOICE_ISSUED.posting(
        source=invoice.public_id,
        currency=invoice.currency,
        amounts={
            "total": invoice.total_minor,
            "subtotal": invoice.subtotal_minor,
            "tax": _by_jurisdiction((tax.jurisdiction, tax.tax_minor) for tax in taxes),
            "carried": 0,
        },
        owners={"payer": invoice.payer_id},
    )
    sides = [Side(CUSTOMER_CREDIT, -minor, account_id) for account_id, minor in carried.items()]
    return replace(whole, sides=(*whole.sides, *sides))


CREDIT_NOTE_ISSUED = declare(
    "credit_note_issued",
    "Credit note issued",
    "The payer gets the total back: as balance first, which settlements then take.",
    debit(REVENUE, "subtotal"),
    debit(TAX_PAYABLE, "tax"),
    credit(CUSTOMER_BALANCE, "total", "payer"),
    document=DocumentKind.CREDIT_NOTE,
)


def credited(note: CreditNote, taxes: Iterable[tuple[str, int]]) -> Posting:
    """The posting of a credit note, its tax by jurisdiction. A note of nothing books nothing."""
    return CREDIT_NOTE_ISSUED.posting(
        source=note.public_id,
        currency=note.currency,
        amounts={
            "total": note.total_minor,
            "subtotal": note.subtotal_minor,
            "tax": _by_jurisdiction(taxes),
        },
        owners={"payer": note.invoice.payer_id},
    )


GRANT_BOUGHT = declare(
    "grant_bought",
    "Prepaid credit bought",
    "What an invoice of its own billed for a grant is owed as service until it is drawn.",
    debit(PREPAID_REVENUE, "paid"),
    credit(PREPAID_CREDIT, "paid", "account"),
)
GRANT_DRAWN = declare(
    "grant_drawn",
    "Prepaid credit drawn",
    "An invoice draws on a bought grant: its share of what was paid is earned.",
    debit(PREPAID_CREDIT, "paid", "account"),
    credit(PREPAID_REVENUE, "paid"),
)
GRANT_EXPIRED = declare(
    "grant_expired",
    "Prepaid credit expired",
    "What is left of a bought grant at its end is earned as breakage.",
    debit(PREPAID_CREDIT, "paid", "account"),
    credit(BREAKAGE, "paid"),
    arrives=True,
)
GRANT_REVOKED = declare(
    "grant_revoked",
    "Prepaid credit taken back",
    "What is left of a bought grant is owed no more; its invoice is corrected apart.",
    debit(PREPAID_CREDIT, "paid", "account"),
    credit(PREPAID_REVENUE, "paid"),
)


def of_grant(
    template: Template,
    grant: CreditGrant,
    source: str,
    paid_minor: int,
    *,
    effective_at: datetime | None = None,
) -> Posting:
    """The posting of a fact about a bought grant; `paid_minor` is of what was paid for it.

    Below 0 it takes back as much. One that nothing was paid for books nothing.
    """
    return template.posting(
        source=source,
        currency=grant.currency,
        amounts={"paid": paid_minor},
        owners={"account": grant.account_id},
        effective_at=effective_at,
    )


def _by_jurisdiction(taxes: Iterable[tuple[str, int]]) -> Mapping[str, int]:
    sums: dict[str, int] = defaultdict(int)
    for jurisdiction, minor in taxes:
        sums[jurisdiction] += minor
    return sums
