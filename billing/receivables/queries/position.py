"""How it stands with a payer by the books: what is receivable, what is free with us, the balance.

The same books as the statement, so its closing balance is this balance at the same instant.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Sum

from accounts.models import Account
from billing.ledger.chart_of_accounts import RECEIVABLES
from billing.ledger.models import JournalLine
from billing.receivables.queries.statement import POSITION
from core.money import Money


@dataclass(frozen=True, slots=True)
class PayerPosition:
    """Receivable, and what is free with us or on its way back, below 0; they sum to the balance."""

    receivable: Money
    unapplied: Money

    @property
    def balance(self) -> Money:
        """What the payer owes; below 0 is what we owe."""
        return self.receivable + self.unapplied


def payer_position(
    payer: Account, *, at: datetime, known_at: datetime | None = None
) -> PayerPosition:
    """By what was effective by an instant, in the account's currency; one query.

    `known_at` leaves out what was booked later.
    """
    lines = JournalLine.objects.filter(
        account=payer,
        ledger_account__code__in=POSITION,
        journal__currency=payer.currency,
        journal__effective_at__lte=at,
    )
    if known_at is not None:
        lines = lines.filter(journal__posted_at__lte=known_at)
    sums = dict(lines.order_by().values_list("ledger_account__code").annotate(Sum("amount_minor")))
    receivable = sums.pop(RECEIVABLES, 0)
    currency = payer.currency
    return PayerPosition(
        Money.from_minor(receivable, currency), Money.from_minor(sum(sums.values()), currency)
    )
