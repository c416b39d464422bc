"""Balances of the books at an instant, on either clock: as effective, or as booked.

Whole months come from what is added up (`BookMonth`), the rest from the lines of the month asked
for and of transactions that are not added up yet; so an answer never waits for the projection.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from django.db import connection

from accounts.models import Account
from billing.ledger.models import BookMonth, JournalLine, LedgerAccount
from core.money import Money

BookClock = BookMonth.Clock

MOVED: Final = """
    SELECT line.ledger_account_id, line.part, journal.currency, clock.name AS clock,
           date_trunc('month', clock.instant AT TIME ZONE 'UTC')::date AS month_on,
           sum(line.amount_minor) AS amount_minor
    FROM ledger_journal AS journal
    JOIN ledger_journalline AS line ON line.journal_id = journal.id
    CROSS JOIN LATERAL (VALUES ('effective', journal.effective_at), ('booked', journal.posted_at))
        AS clock(name, instant)
    WHERE journal.transaction_id >= %(since)s AND journal.transaction_id < %(before)s
    GROUP BY 1, 2, 3, 4, 5
"""
"""What each part of a book moved by in each month of both clocks, in a range of transactions."""

_AT = """
    WITH mark AS (SELECT coalesce(max(before_transaction), 0) AS before FROM ledger_balancemark),
    moved AS (
        SELECT ledger_account_id, part, currency, amount_minor FROM ledger_bookmonth
        WHERE clock = %(clock)s AND month_on < %(month_on)s
        UNION ALL
        SELECT line.ledger_account_id, line.part, journal.currency, line.amount_minor
        FROM ledger_journal AS journal
        JOIN ledger_journalline AS line ON line.journal_id = journal.id
        WHERE journal.{column} < %(at)s AND journal.{column} >= %(month)s
          AND journal.transaction_id < (SELECT before FROM mark)
        UNION ALL
        SELECT line.ledger_account_id, line.part, journal.currency, line.amount_minor
        FROM ledger_journal AS journal
        JOIN ledger_journalline AS line ON line.journal_id = journal.id
        WHERE journal.{column} < %(at)s AND journal.transaction_id >= (SELECT before FROM mark))
    SELECT book.code, book.name, book.kind, moved.part, moved.currency, sum(moved.amount_minor)
    FROM moved JOIN ledger_ledgeraccount AS book ON book.id = moved.ledger_account_id
    GROUP BY book.code, book.name, book.kind, moved.part, moved.currency
    ORDER BY moved.currency, book.code, moved.part
"""


@dataclass(frozen=True, slots=True)
class BookBalance:
    """What a part of a book stands at; debit positive."""

    code: str
    name: str
    kind: str
    part: str
    amount: Money


def balances(*, at: datetime, clock: BookClock = BookClock.EFFECTIVE) -> Sequence[BookBalance]:
    """All books before an instant of a clock, by currency, book and part. One query."""
    month = at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(
            _AT.format(column=_COLUMN[clock]),
            {"clock": clock.value, "at": at, "month": month, "month_on": month.date()},
        )
        return [
            BookBalance(code, name, kind, part, Money.from_minor(int(minor), currency))
            for code, name, kind, part, currency, minor in cursor.fetchall()
        ]


_COLUMN: Final = {BookClock.EFFECTIVE: "effective_at", BookClock.BOOKED: "posted_at"}


def balance_of(
    *,
    book: str,
    account: Account,
    currency: str,
    at: datetime,
    clock: BookClock = BookClock.EFFECTIVE,
) -> Money:
    """What a book stands at for one account before an instant of a clock."""
    lines = JournalLine.objects.filter(
        ledger_account__code=book,
        account=account,
        journal__currency=currency,
        **{f"journal__{_COLUMN[clock]}__lt": at},
    )
    return Money.from_minor(sum(lines.values_list("amount_minor", flat=True)), currency)


@dataclass(frozen=True, slots=True)
class BookRow:
    """A book of one currency on both clocks, with its parts."""

    code: str
    name: str
    kind: str
    part: str
    effective: Money
    booked: Money

    @property
    def differs(self) -> bool:
        """Whether the two clocks say different things."""
        return self.effective != self.booked


def trial_balance(*, at: datetime) -> Sequence[BookRow]:
    """Both clocks side by side before an instant, by currency; books of nothing left out."""
    found: dict[tuple[str, str, str], dict[BookClock, BookBalance]] = {}
    for clock in (BookClock.EFFECTIVE, BookClock.BOOKED):
        for each in balances(at=at, clock=clock):
            key = (each.amount.currency, each.code, each.part)
            found.setdefault(key, {})[clock] = each
    order = {kind: place for place, kind in enumerate(LedgerAccount.Kind.values)}
    rows = [_row(each) for each in found.values()]
    return sorted(
        (row for row in rows if row.effective or row.booked),
        key=lambda row: (row.effective.currency, order[row.kind], row.name, row.part),
    )


def _row(of: dict[BookClock, BookBalance]) -> BookRow:
    known = next(iter(of.values()))
    nothing = Money.from_minor(0, known.amount.currency)
    return BookRow(
        known.code,
        known.name,
        known.kind,
        known.part,
        of[BookClock.EFFECTIVE].amount if BookClock.EFFECTIVE in of else nothing,
        of[BookClock.BOOKED].amount if BookClock.BOOKED in of else nothing,
    )


def month_of(at: datetime) -> date:
    """The first day of the month of the books (UTC) that an instant lies in."""
    return at.astimezone(UTC).date().replace(day=1)
