"""The books: balanced, and saying the same as the invoices."""

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


@invariant("I30", "Revenue and tax in the ledger are what issued invoices say.")
def income_agrees() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM invoicing_invoice WHERE state = 'issued'",
        violating="""
        WITH booked AS (
            SELECT journal.currency, book.code, -sum(line.amount_minor) AS minor
            FROM ledger_journal AS journal
            JOIN ledger_journalline AS line ON line.journal_id = journal.id
            JOIN ledger_ledgeraccount AS book ON book.id = line.ledger_account_id
            WHERE book.code IN ('revenue', 'tax-payable') GROUP BY 1, 2),
        invoiced AS (
            SELECT currency, side.code, sum(side.minor) AS minor FROM invoicing_invoice
            CROSS JOIN LATERAL (VALUES ('revenue', subtotal_minor), ('tax-payable', tax_minor))
                AS side(code, minor)
            WHERE state = 'issued' GROUP BY 1, 2)
        SELECT currency || ' ' || code FROM booked FULL JOIN invoiced USING (currency, code)
        WHERE coalesce(booked.minor, 0) <> coalesce(invoiced.minor, 0)
        """,
    )


@invariant("I31", "What a payer owes in the ledger is the sum of the payer's invoices.")
def receivables_agree() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(DISTINCT payer_id) FROM invoicing_invoice WHERE state = 'issued'",
        violating="""
        WITH booked AS (
            SELECT line.account_id AS payer_id, journal.currency, sum(line.amount_minor) AS minor
            FROM ledger_journal AS journal
            JOIN ledger_journalline AS line ON line.journal_id = journal.id
            JOIN ledger_ledgeraccount AS book ON book.id = line.ledger_account_id
            WHERE book.code = 'receivables' GROUP BY 1, 2),
        invoiced AS (
            SELECT payer_id, currency, sum(total_minor) AS minor FROM invoicing_invoice
            WHERE state = 'issued' GROUP BY 1, 2)
        SELECT coalesce(account.public_id, 'nobody')
        FROM booked FULL JOIN invoiced USING (payer_id, currency)
        LEFT JOIN accounts_account AS account ON account.id = payer_id
        WHERE coalesce(booked.minor, 0) <> coalesce(invoiced.minor, 0)
        """,
    )


@invariant(
    "I34", "Credit carried forward is what invoices left over less what they took, never less."
)
def credit_agrees() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM invoicing_invoice WHERE state = 'issued'",
        violating="""
        WITH booked AS (
            SELECT line.account_id, -sum(line.amount_minor) AS minor
            FROM ledger_journalline AS line
            JOIN ledger_ledgeraccount AS book ON book.id = line.ledger_account_id
            WHERE book.code = 'customer-credit' GROUP BY 1),
        invoiced AS (
            SELECT account_id, sum(carried_minor) AS minor FROM invoicing_invoice
            WHERE state = 'issued' AND carried_minor <> 0 GROUP BY 1)
        SELECT coalesce(account.public_id, 'nobody')
        FROM booked FULL JOIN invoiced USING (account_id)
        LEFT JOIN accounts_account AS account ON account.id = account_id
        WHERE coalesce(booked.minor, 0) <> coalesce(invoiced.minor, 0) OR booked.minor < 0
        """,
    )
