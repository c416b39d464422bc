"""Who owes how much since when, as of any instant: only what was effective by then counts.

Buckets hold what is open by days past due on the account's own calendar; what is not yet due and
what the payer has free with us are columns too, so a row adds up to the ledger of that instant.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from billing.ledger.models import LedgerAccount
from core.money import Money

NOT_DUE, FREE = "not_due", "free"
OVER = "over_90"
BUCKETS = (NOT_DUE, "1_30", "31_60", "61_90", OVER, FREE)
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


# There may be a hundred thousand invoices and settlements: those are added up once, not invoice by
# invoice, and what day it is is worked out once a zone, which is where the time went.
_OPEN = """
    FROM invoicing_invoice AS invoice
    LEFT JOIN (SELECT zone, (%(at)s AT TIME ZONE zone)::date AS day
               FROM (SELECT DISTINCT zone FROM accounts_billingprofile) AS known
              ) AS today ON today.zone = invoice.zone
    LEFT JOIN (SELECT invoice_id, sum(amount_minor)::bigint AS minor
               FROM receivables_settlement WHERE effective_at <= %(at)s {of_invoices}
               GROUP BY invoice_id) AS settled ON settled.invoice_id = invoice.id
    WHERE invoice.state = 'issued' AND invoice.consolidated_on_id IS NULL
      AND invoice.issued_at <= %(at)s AND NOT EXISTS (
        SELECT FROM invoicing_invoicevoid AS void
        WHERE void.invoice_id = invoice.id AND void.effective_at <= %(at)s)
      {of_payers}
"""
_TODAY = "coalesce(today.day, (%(at)s AT TIME ZONE invoice.zone)::date)"
_ITEMS = f"""
    SELECT invoice.payer_id, invoice.currency,
           greatest({_TODAY} - invoice.due_on, 0) AS late,
           invoice.total_minor - coalesce(settled.minor, 0) AS minor
    {_OPEN}
    UNION ALL
    SELECT line.account_id AS payer_id, journal.currency, -1 AS late, line.amount_minor AS minor
    FROM ledger_journalline AS line
    JOIN ledger_journal AS journal ON journal.id = line.journal_id
    WHERE line.ledger_account_id = ANY(%(free)s::bigint[])
      AND journal.effective_at <= %(at)s {{of_accounts}}
"""  # noqa: S608  queries of this module, no data
_IN_BUCKET = {
    NOT_DUE: "late = 0",
    "1_30": "late BETWEEN 1 AND 30",
    "31_60": "late BETWEEN 31 AND 60",
    "61_90": "late BETWEEN 61 AND 90",
    OVER: "late > 90",
    FREE: "late = -1",
}
_SUMS = ", ".join(
    f'coalesce(sum(minor) FILTER (WHERE {which}), 0)::bigint AS "{name}"'
    for name, which in _IN_BUCKET.items()
)
_NAMES = ", ".join(f'"{name}"' for name in BUCKETS)
_PAST_DUE = " + ".join(f'"{name}"' for name in BUCKETS if name not in (NOT_DUE, FREE))
_ROWS = f"""
    SELECT payer_id, currency, {_SUMS} FROM ({_ITEMS}) AS item
    WHERE minor <> 0 GROUP BY payer_id, currency
    HAVING bool_or(late >= 0) OR sum(minor) FILTER (WHERE late = -1) <> 0
"""  # noqa: S608  queries of this module, no data
_WORST = f"""
    WITH owing AS MATERIALIZED ({_ROWS})
    (SELECT 0 AS payer_id, currency, {", ".join(f'sum("{name}")::bigint' for name in BUCKETS)},
            count(*) AS count
     FROM owing GROUP BY currency ORDER BY currency)
    UNION ALL
    (SELECT payer_id, currency, {_NAMES}, 0 FROM owing
     WHERE %(currency)s IN ('', currency)
     ORDER BY {_PAST_DUE} DESC, {" + ".join(f'"{name}"' for name in BUCKETS)} DESC, payer_id
     LIMIT %(most)s)
"""  # noqa: S608  queries of this module, no data
_LATE = f"""
    SELECT DISTINCT invoice.payer_id {_OPEN}
      AND invoice.due_on < {_TODAY} AND invoice.total_minor > coalesce(settled.minor, 0)
"""
_OF_SOME = {
    "of_invoices": "AND invoice_id IN (SELECT id FROM invoicing_invoice"
    " WHERE payer_id = ANY(%(payers)s))",
    "of_payers": "AND invoice.payer_id = ANY(%(payers)s)",
    "of_accounts": "AND line.account_id = ANY(%(payers)s)",
}
_OF_ALL = dict.fromkeys(_OF_SOME, "")


@dataclass(frozen=True, slots=True)
class WorstPayers:
    """The payers that owe most past due, and of each currency how many owe and what in all."""

    rows: Sequence[AgeingRow]
    sums: Sequence[AgeingRow]
    count: int


def ageing(*, at: datetime, payers: Iterable[int] | None = None) -> list[AgeingRow]:
    """The rows of all payers who owe or have something, or of some; two queries."""
    statement = _ROWS.format(**(_OF_ALL if payers is None else _OF_SOME))
    asked = _asked(at) | {"payers": list(payers or ())}
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} ORDER BY payer_id, currency", asked)
        return [_row(*row) for row in cursor.fetchall()]


def worst_payers(*, at: datetime, currency: str = "", most: int) -> WorstPayers:
    """The rows of the `most` payers that owe most past due, and the sums of all; two queries."""
    asked = _asked(at) | {"currency": currency, "most": most}
    with connection.cursor() as cursor:
        cursor.execute(_WORST.format(**_OF_ALL), asked)
        found = [(_row(*row), count) for *row, count in cursor.fetchall()]
    sums = [
        (row, count) for row, count in found if not row.payer_id and currency in ("", row.currency)
    ]
    return WorstPayers(
        rows=[row for row, _ in found if row.payer_id],
        sums=[row for row, _ in sums],
        count=sum(count for _, count in sums),
    )


def late_payer_ids(*, at: datetime) -> set[int]:
    """Whoever owes something past due; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_LATE.format(**_OF_ALL), {"at": at})
        return {pk for (pk,) in cursor.fetchall()}


def _asked(at: datetime) -> dict[str, Any]:
    """The books by their ids: told only their codes, the database expects half of all lines."""
    free = LedgerAccount.objects.filter(code__in=["unapplied-cash", "customer-balance"])
    return {"at": at, "free": list(free.values_list("pk", flat=True))}


def _row(payer_id: int, currency: str, *minors: int) -> AgeingRow:
    return AgeingRow(payer_id, currency, dict(zip(BUCKETS, minors, strict=True)))
