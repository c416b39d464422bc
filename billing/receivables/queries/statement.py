"""The statement of an account: what it owed, what happened, what it owes; read from the books.

A payer's position is what is receivable from it less what it has free with us and what is on its
way back. A payment that is put on an invoice moves nothing in it, so it is no entry. Statements of
ranges that meet tile: one closes with what the next opens with.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Sum

from accounts.models import Account
from billing.ledger.chart_of_accounts import (
    CUSTOMER_BALANCE,
    RECEIVABLES,
    REFUNDS_CLEARING,
    UNAPPLIED_CASH,
)
from billing.ledger.models import JournalLine
from billing.ledger.templates import title_of
from core.money import Money
from core.periods import Period

POSITION = (RECEIVABLES, UNAPPLIED_CASH, CUSTOMER_BALANCE, REFUNDS_CLEARING)
"""The books that make up what a payer owes; below 0 is what we owe."""


@dataclass(frozen=True, slots=True)
class StatementEntry:
    """One thing that changed what is owed, with what is owed after it."""

    at: datetime
    title: str
    source: str
    amount: Money
    balance: Money


@dataclass(frozen=True, slots=True)
class AccountStatement:
    """A range of a payer's books in one currency; opening + entries = closing."""

    period: Period
    opening: Money
    entries: Sequence[StatementEntry]
    closing: Money


def statement(
    payer: Account, *, period: Period, currency: str, known_at: datetime | None = None
) -> AccountStatement:
    """The statement of a range [from, until) by when things were effective; two queries.

    `known_at` leaves out what was booked later: the statement as it would have been printed then.
    """
    lines = JournalLine.objects.filter(
        account=payer, ledger_account__code__in=POSITION, journal__currency=currency
    )
    if known_at is not None:
        lines = lines.filter(journal__posted_at__lte=known_at)
    before = lines.filter(journal__effective_at__lt=period.start)
    minor = before.aggregate(minor=Sum("amount_minor"))["minor"] or 0
    opening, entries = Money.from_minor(minor, currency), []
    within = lines.filter(
        journal__effective_at__gte=period.start, journal__effective_at__lt=period.end
    )
    sums = (
        within.values_list(
            "journal_id", "journal__effective_at", "journal__kind", "journal__source"
        )
        .annotate(minor=Sum("amount_minor"))
        .order_by("journal__effective_at", "journal_id")
    )
    for _, at, kind, source, moved in sums:
        if moved:
            minor += moved
            entries.append(
                StatementEntry(
                    at,
                    title_of(kind),
                    source,
                    Money.from_minor(moved, currency),
                    Money.from_minor(minor, currency),
                )
            )
    return AccountStatement(period, opening, entries, Money.from_minor(minor, currency))
