"""The statement of an account: what it owed, what happened, what it owes; read from the books.

A payer's position is what is receivable from it less what it has free with us and what is on its
way back. A payment that is put on an invoice moves nothing in it, so it is no entry. Statements of
ranges that meet tile: one closes with what the next opens with.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Sum

from accounts.models import Account
from billing.invoicing.models import CreditNote, Invoice
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
    """One thing that changed what is owed, with what is owed after it.

    `source` is the number of an invoice or credit note, else the public id of what happened, which
    `source_id` always is.
    """

    at: datetime
    title: str
    source: str
    amount: Money
    balance: Money
    source_id: str


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
    """The statement of a range [from, until) by when things were effective; four queries.

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
            "journal_id",
            "journal__effective_at",
            "journal__kind",
            "journal__source",
            "journal__reverses__kind",
            "journal__reverses__source",
        )
        .annotate(minor=Sum("amount_minor"))
        .order_by("journal__effective_at", "journal_id")
    )
    moves = [each for each in sums if each[-1]]
    numbers = _numbers({source or own for *_, own, _, source, _ in moves})
    for _, at, kind, own, taken_kind, taken, moved in moves:
        if moved:
            minor += moved
            source = taken or own
            entries.append(
                StatementEntry(
                    at,
                    f"Taken back: {title_of(taken_kind).lower()}" if taken else title_of(kind),
                    numbers.get(source, source),
                    Money.from_minor(moved, currency),
                    Money.from_minor(minor, currency),
                    source,
                )
            )
    return AccountStatement(period, opening, entries, Money.from_minor(minor, currency))


def _numbers(public_ids: Collection[str]) -> dict[str, str]:
    """The numbers of what has one: invoices and credit notes; two queries."""
    notes = [each for each in public_ids if each.startswith("crn_")]
    bills = [each for each in public_ids if each.startswith("inv_")]
    found = [
        *Invoice.objects.filter(public_id__in=bills).values_list("public_id", "number"),
        *CreditNote.objects.filter(public_id__in=notes).values_list("public_id", "number"),
    ]
    return {public_id: number for public_id, number in found if number}
