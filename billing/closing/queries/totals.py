"""The five totals of a month: pairs that must agree, in sets, whatever the number of rows.

A billing period belongs to the month of its last day on the account's own calendar, an event to
the month of its instant in UTC. Void invoices are in none: their journals are taken back. What is
on one invoice for all is rated on its statements, which are owed with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection

from billing.closing.months import BooksMonth
from core.money import Money

_OF_MONTH: Final = """
    SELECT invoice.id, invoice.public_id, invoice.kind, invoice.currency, invoice.subtotal_minor,
           invoice.tax_minor, invoice.total_minor
    FROM invoicing_invoice AS invoice
    WHERE invoice.state = 'issued' AND invoice.consolidated_on_id IS NULL
      AND invoice.period_until > %(starts_at)s - interval '1 day'
      AND invoice.period_until <= %(ends_at)s + interval '1 day'
      AND date_trunc('month', (invoice.period_until - interval '1 microsecond')
                     AT TIME ZONE invoice.zone)::date = %(month)s
      AND NOT EXISTS (SELECT FROM invoicing_invoicevoid WHERE invoice_id = invoice.id)
"""
_EVENTS: Final = """
    SELECT (SELECT count(*) FROM usage_eventkey
            WHERE occurred_at >= %(starts_at)s AND occurred_at < %(ends_at)s),
           (SELECT count(*) FROM usage_event
            WHERE occurred_at >= %(starts_at)s AND occurred_at < %(ends_at)s)
         + (SELECT count(*) FROM usage_quarantinedevent
            WHERE occurred_at >= %(starts_at)s AND occurred_at < %(ends_at)s
              AND state <> 'released')
"""
_MONEY: Final = f"""
    WITH chosen AS MATERIALIZED ({_OF_MONTH}),
    lines AS (
        SELECT rated.id, sum(line.amount_minor) AS minor
        FROM (SELECT id, id AS lines_of FROM chosen WHERE kind <> 'consolidated'
              UNION ALL
              SELECT chosen.id, statement.id
              FROM chosen
              JOIN invoicing_invoice AS statement ON statement.consolidated_on_id = chosen.id
             ) AS rated
        JOIN invoicing_invoiceline AS line ON line.invoice_id = rated.lines_of GROUP BY 1),
    booked AS (
        SELECT chosen.id, sum(line.amount_minor) AS minor
        FROM chosen
        JOIN ledger_journal AS journal
          ON journal.kind = 'invoice_issued' AND journal.source = chosen.public_id
        JOIN ledger_journalline AS line ON line.journal_id = journal.id
        JOIN ledger_ledgeraccount AS book
          ON book.id = line.ledger_account_id AND book.code = 'receivables'
        GROUP BY 1),
    settled AS (
        SELECT chosen.id, sum(settlement.amount_minor) AS minor,
               sum(settlement.amount_minor) FILTER (WHERE settlement.kind = 'payment') AS paid
        FROM chosen JOIN receivables_settlement AS settlement ON settlement.invoice_id = chosen.id
        GROUP BY 1),
    credited AS (
        SELECT chosen.id, -sum(line.amount_minor) AS minor
        FROM chosen
        JOIN receivables_settlement AS settlement ON settlement.invoice_id = chosen.id
        JOIN ledger_journal AS journal ON journal.source = settlement.public_id
        JOIN ledger_journalline AS line ON line.journal_id = journal.id
        JOIN ledger_ledgeraccount AS book
          ON book.id = line.ledger_account_id AND book.code = 'receivables'
        GROUP BY 1)
    SELECT {{columns}}
    FROM chosen LEFT JOIN lines USING (id) LEFT JOIN booked USING (id)
    LEFT JOIN settled USING (id) LEFT JOIN credited USING (id)
    {{rest}}
"""  # noqa: S608  statements of this house
_SUMS: Final = _MONEY.format(
    columns="""
        currency, count(*), coalesce(sum(tax_minor), 0), coalesce(sum(settled.paid), 0),
        coalesce(sum(lines.minor), 0), coalesce(sum(subtotal_minor), 0),
        coalesce(sum(total_minor), 0), coalesce(sum(booked.minor), 0),
        coalesce(sum(credited.minor), 0) + coalesce(sum(total_minor), 0)
            - coalesce(sum(settled.minor), 0)
    """,
    rest="GROUP BY currency ORDER BY currency",
)
_ROWS: Final = _MONEY.format(
    columns="public_id",
    rest="""
        WHERE coalesce(lines.minor, 0) <> subtotal_minor
           OR coalesce(booked.minor, 0) <> total_minor
           OR coalesce(credited.minor, 0) <> coalesce(settled.minor, 0)
        ORDER BY public_id LIMIT 100
    """,
)


@dataclass(frozen=True, slots=True)
class MonthMoney:
    """The three money pairs of a month in one currency, and what is told beside them.

    Rated lines and what invoices say before tax; invoices with tax and the ledger; the ledger, and
    what is settled in it with what is open.
    """

    currency: str
    invoice_count: int
    tax: Money
    paid: Money
    rated: Money
    on_invoices: Money
    invoiced: Money
    in_ledger: Money
    paid_and_open: Money

    @property
    def open(self) -> Money:
        """What is not paid, credited included in what is not open."""
        return self.paid_and_open - self.paid

    @property
    def agrees(self) -> bool:
        """Whether the three pairs do."""
        return (
            self.rated == self.on_invoices
            and self.invoiced == self.in_ledger
            and self.in_ledger == self.paid_and_open
        )


def events_of(month: BooksMonth) -> tuple[int, int]:
    """How many events of a month were accepted, and how many have a fate."""
    with connection.cursor() as cursor:
        cursor.execute(_EVENTS, _asked(month))
        accepted, fated = cursor.fetchone()
    return accepted, fated


def money_of(month: BooksMonth) -> Sequence[MonthMoney]:
    """The money pairs of a month, by currency. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_SUMS, _asked(month))
        return [
            MonthMoney(
                currency, count, *(Money.from_minor(int(minor), currency) for minor in minors)
            )
            for currency, count, *minors in cursor.fetchall()
        ]


def differing_invoices(month: BooksMonth) -> Sequence[str]:
    """Public ids of the invoices in which a pair of the month differs; the first hundred."""
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, _asked(month))
        return [public_id for (public_id,) in cursor.fetchall()]


def _asked(month: BooksMonth) -> dict[str, Any]:
    return {
        "month": month.first_on,
        "starts_at": month.starts_at,
        "ends_at": month.ends_at,
    }
