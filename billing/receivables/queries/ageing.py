"""Who owes how much since when, as of any instant: only what was effective by then counts.

Buckets hold what is open by days past due on the account's own calendar; what is not yet due and
what the payer has free with us are columns too, so a row adds up to the ledger of that instant.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection

from core.money import Money

NOT_DUE, FREE = "not_due", "free"
_BOUNDS = (("1_30", 30), ("31_60", 60), ("61_90", 90))
OVER = "over_90"
BUCKETS = (NOT_DUE, *(name for name, _ in _BOUNDS), OVER, FREE)
"""In the order they are shown; FREE is below 0: unapplied cash and balance."""


@dataclass(frozen=True, slots=True)
class AgeingRow:
    """One payer in one currency; amounts in minor units by bucket."""

    payer_id: int
    currency: str
    minor: Mapping[str, int] = field(default_factory=dict)

    @property
    def total_minor(self) -> int:
        """What the payer owes in all."""
        return sum(self.minor.values())

    def amount(self, bucket: str) -> Money:
        """One bucket."""
        return Money.from_minor(self.minor.get(bucket, 0), self.currency)

    @property
    def total(self) -> Money:
        """What the payer owes in all."""
        return Money.from_minor(self.total_minor, self.currency)


_OPEN = """
    SELECT invoice.payer_id, invoice.currency,
           greatest((%(at)s AT TIME ZONE invoice.zone)::date - invoice.due_on, 0) AS late,
           invoice.total_minor - coalesce((
               SELECT sum(amount_minor) FROM receivables_settlement AS settlement
               WHERE settlement.invoice_id = invoice.id AND settlement.effective_at <= %(at)s
           ), 0) AS minor
    FROM invoicing_invoice AS invoice
    WHERE invoice.state = 'issued' AND invoice.consolidated_on_id IS NULL
      AND invoice.issued_at <= %(at)s AND NOT EXISTS (
        SELECT FROM invoicing_invoicevoid AS void
        WHERE void.invoice_id = invoice.id AND void.effective_at <= %(at)s)
"""
_FREE = """
    SELECT account_id AS payer_id, currency, -1 AS late, sum(minor) AS minor FROM (
        SELECT line.account_id, journal.currency, line.amount_minor AS minor
        FROM ledger_journalline AS line
        JOIN ledger_journal AS journal ON journal.id = line.journal_id
        JOIN ledger_ledgeraccount AS book ON book.id = line.ledger_account_id
        WHERE book.code IN ('unapplied-cash', 'customer-balance')
          AND journal.effective_at <= %(at)s) AS free
    GROUP BY 1, 2
"""


def ageing(*, at: datetime, payers: Iterable[int] | None = None) -> list[AgeingRow]:
    """The rows of all payers who owe or have something, or of some; one query."""
    narrowed = "" if payers is None else "AND payer_id = ANY(%(payers)s)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT payer_id, currency, late, sum(minor)::bigint
            FROM (({_OPEN}) UNION ALL ({_FREE})) AS item
            WHERE minor <> 0 {narrowed}
            GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
            """,  # noqa: S608  queries of this module, no data
            {"at": at, "payers": list(payers or ())},
        )
        rows = cursor.fetchall()
    found: dict[tuple[int, str], dict[str, int]] = {}
    for payer_id, currency, late, minor in rows:
        buckets = found.setdefault((payer_id, currency), dict.fromkeys(BUCKETS, 0))
        buckets[_bucket(late)] += minor
    return [AgeingRow(payer_id, currency, minor) for (payer_id, currency), minor in found.items()]


def _bucket(late: int) -> str:
    """The bucket of a number of days past due; -1 is what is free."""
    if late < 0:
        return FREE
    if late == 0:
        return NOT_DUE
    return next((name for name, days in _BOUNDS if late <= days), OVER)
