"""The books by themselves: balanced, and reversed whole. What they say is checked above."""

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
               GROUP BY line.ledger_account_id, line.account_id HAVING sum(line.amount_minor) <> 0)
        """,
    )
