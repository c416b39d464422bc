"""The books by themselves: balanced, and reversed whole. What they say is checked above."""

from billing.ledger.queries.balances import MOVED
from core.invariants import InvariantResult, invariant, rows_breaking


@invariant("I27", "Each journal balances and has two lines or more, none of them zero.")
def journals_balance() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM ledger_journal",
        violating="""
        SELECT journal.public_id FROM ledger_journal AS journal
        LEFT JOIN ledger_journalline AS line ON line.journal_id = journal.id
        GROUP BY journal.id
        HAVING coalesce(sum(line.amount_minor), 0) <> 0 OR count(line.id) < 2
            OR bool_or(line.amount_minor = 0)
        """,
    )


@invariant("I29", "The trial balance is zero in every currency.")
def trial_balance_is_zero() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM ledger_journalline",
        violating="""
        SELECT journal.currency FROM ledger_journal AS journal
        JOIN ledger_journalline AS line ON line.journal_id = journal.id
        GROUP BY journal.currency HAVING sum(line.amount_minor) <> 0
        """,
    )


@invariant("I32", "A reversal takes back all of one journal, once, and never before it.")
def reversals_agree() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM ledger_journal WHERE reverses_id IS NOT NULL",
        violating="""
        SELECT back.public_id FROM ledger_journal AS back
        JOIN ledger_journal AS journal ON journal.id = back.reverses_id
        WHERE back.effective_at < journal.effective_at OR back.currency <> journal.currency
           OR EXISTS (
               SELECT FROM ledger_journalline AS line
               WHERE line.journal_id IN (back.id, journal.id)
               GROUP BY line.ledger_account_id, line.account_id, line.part
               HAVING sum(line.amount_minor) <> 0)
        """,
    )


@invariant("L1", "Balances that are kept added up are what the journals add up to.")
def kept_balances_agree() -> InvariantResult:
    moved = MOVED % {
        "since": "0",
        "before": "(SELECT coalesce(max(before_transaction), 0) FROM ledger_balancemark)",
    }
    return rows_breaking(
        examined="SELECT count(*) FROM ledger_bookmonth",
        violating=f"""
        SELECT book.code || ' ' || month_on || ' ' || clock
        FROM ({moved}) AS moved
        FULL JOIN ledger_bookmonth AS kept
            USING (ledger_account_id, part, currency, clock, month_on)
        JOIN ledger_ledgeraccount AS book ON book.id = ledger_account_id
        WHERE coalesce(moved.amount_minor, 0) <> coalesce(kept.amount_minor, 0)
        """,  # noqa: S608  statements of this house
    )


@invariant("L2", "The books are those of the chart in force, and lines name what it says.")
def books_are_the_chart() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM ledger_ledgeraccount",
        violating="""
        WITH chart AS (
            SELECT book->>'code' AS code, book->>'kind' AS kind, book->>'names' AS names,
                   book->>'parts' AS parts
            FROM jsonb_array_elements((
                SELECT document->'books' FROM ledger_chartversion
                ORDER BY version DESC LIMIT 1)) AS book)
        SELECT coalesce(chart.code, kept.code)
        FROM chart FULL JOIN ledger_ledgeraccount AS kept USING (code)
        WHERE (chart.kind, chart.names, chart.parts)
              IS DISTINCT FROM (kept.kind::text, kept.names::text, kept.parts::text)
        UNION ALL
        SELECT DISTINCT kept.code FROM ledger_ledgeraccount AS kept
        JOIN ledger_journalline AS line ON line.ledger_account_id = kept.id
        WHERE (kept.names <> '' AND line.account_id IS NULL)
           OR (kept.parts <> '' AND line.part = '') OR (kept.parts = '' AND line.part <> '')
        """,
    )


@invariant("L3", "Nothing was booked into a period after it was locked.")
def locked_periods_are_closed() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM ledger_periodlock",
        violating="""
        SELECT journal.public_id FROM ledger_journal AS journal
        JOIN ledger_periodlock AS period_lock
          ON period_lock.document IN (journal.document, 'journal')
         AND journal.effective_at < period_lock.locked_until
         AND journal.posted_at > period_lock.locked_at
        LEFT JOIN ledger_periodlockvoid AS void ON void.lock_id = period_lock.id
        WHERE void.id IS NULL OR journal.posted_at < void.voided_at
        """,
    )
