"""What is owed, paid and free agrees with the books, payer by payer."""

from core.invariants import InvariantResult, invariant, rows_breaking

_BOOKED = """
    SELECT line.account_id AS payer_id, journal.currency, sum(line.amount_minor) AS minor
    FROM ledger_journal AS journal
    JOIN ledger_journalline AS line ON line.journal_id = journal.id
    JOIN ledger_ledgeraccount AS book ON book.id = line.ledger_account_id
    WHERE book.code = '{book}' GROUP BY 1, 2
"""
_LIVE_REFUNDS = """
    SELECT refund.* FROM receivables_refund AS refund
    WHERE NOT EXISTS (
        SELECT FROM receivables_refundattempt AS attempt
        WHERE attempt.refund_id = refund.id AND attempt.outcome IN ('failed', 'cancelled'))
"""


def _agrees(book: str, said: str, *, examined: str) -> InvariantResult:
    """The book says of each payer what `said` does: rows of (payer_id, currency, minor)."""
    return rows_breaking(
        examined=examined,
        violating=f"""
        WITH booked AS ({_BOOKED.format(book=book)}), said AS ({said})
        SELECT coalesce(account.public_id, 'nobody')
        FROM booked FULL JOIN said USING (payer_id, currency)
        LEFT JOIN accounts_account AS account ON account.id = payer_id
        WHERE coalesce(booked.minor, 0) <> coalesce(said.minor, 0)
        """,  # noqa: S608  queries of this module, no data
    )


@invariant("I31", "What a payer owes in the ledger is what is open of the payer's invoices.")
def receivables_agree() -> InvariantResult:
    return _agrees(
        "receivables",
        """
        SELECT payer_id, currency, sum(minor) AS minor FROM (
            SELECT payer_id, currency, total_minor AS minor FROM invoicing_invoice AS invoice
            WHERE state = 'issued' AND consolidated_on_id IS NULL AND NOT EXISTS (
                SELECT FROM invoicing_invoicevoid WHERE invoice_id = invoice.id)
            UNION ALL
            SELECT invoice.payer_id, invoice.currency, -settlement.amount_minor
            FROM receivables_settlement AS settlement
            JOIN invoicing_invoice AS invoice ON invoice.id = settlement.invoice_id) AS each
        GROUP BY 1, 2
        """,
        examined="SELECT count(DISTINCT payer_id) FROM invoicing_invoice WHERE state = 'issued'",
    )


@invariant("I31", "Unapplied cash in the ledger is what is free of the payer's payments.")
def cash_agrees() -> InvariantResult:
    return _agrees(
        "unapplied-cash",
        f"""
        SELECT payer_id, currency, -sum(minor) AS minor FROM (
            SELECT account_id AS payer_id, currency, amount_minor AS minor
            FROM receivables_payment
            UNION ALL
            SELECT payment.account_id, payment.currency, -settlement.amount_minor
            FROM receivables_settlement AS settlement
            JOIN receivables_payment AS payment ON payment.id = settlement.payment_id
            UNION ALL
            SELECT payment.account_id, payment.currency, -reversal.amount_minor
            FROM receivables_paymentreversal AS reversal
            JOIN receivables_payment AS payment ON payment.id = reversal.payment_id
            UNION ALL
            SELECT payment.account_id, payment.currency, -refund.amount_minor
            FROM ({_LIVE_REFUNDS}) AS refund
            JOIN receivables_payment AS payment ON payment.id = refund.payment_id
            WHERE refund.credit_note_id IS NULL) AS each
        GROUP BY 1, 2
        """,  # noqa: S608  queries of this module, no data
        examined="SELECT count(*) FROM receivables_payment",
    )


@invariant("I31", "The customer's balance in the ledger is what is free of credit notes.")
def balance_agrees() -> InvariantResult:
    return _agrees(
        "customer-balance",
        f"""
        SELECT invoice.payer_id, invoice.currency, -sum(each.minor) AS minor FROM (
            SELECT invoice_id, total_minor AS minor FROM invoicing_creditnote
            UNION ALL
            SELECT note.invoice_id, -settlement.amount_minor
            FROM receivables_settlement AS settlement
            JOIN invoicing_creditnote AS note ON note.id = settlement.credit_note_id
            UNION ALL
            SELECT note.invoice_id, -refund.amount_minor
            FROM ({_LIVE_REFUNDS}) AS refund
            JOIN invoicing_creditnote AS note ON note.id = refund.credit_note_id) AS each
        JOIN invoicing_invoice AS invoice ON invoice.id = each.invoice_id
        GROUP BY 1, 2
        """,  # noqa: S608  queries of this module, no data
        examined="SELECT count(*) FROM invoicing_creditnote",
    )


@invariant("I31", "Settlements of an invoice come to 0 up to its total, and to 0 where it is void.")
def settlements_within() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM receivables_settlement",
        violating="""
        SELECT invoice.number FROM receivables_settlement AS settlement
        JOIN invoicing_invoice AS invoice ON invoice.id = settlement.invoice_id
        LEFT JOIN invoicing_invoicevoid AS void ON void.invoice_id = invoice.id
        GROUP BY invoice.id, void.id
        HAVING sum(settlement.amount_minor) NOT BETWEEN 0 AND
            CASE WHEN void.id IS NULL THEN invoice.total_minor ELSE 0 END
        """,
    )


@invariant(
    "I31", "Payments to be cleared in the ledger are what was taken in excess, less cleared."
)
def excess_agrees() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM receivables_paymentreversal WHERE excess_minor > 0",
        violating=f"""
        WITH booked AS ({_BOOKED.format(book="payments-clearing")}), said AS (
            SELECT payment.currency, sum(each.minor) AS minor FROM (
                SELECT payment_id, excess_minor AS minor FROM receivables_paymentreversal
                UNION ALL
                SELECT reversal.payment_id, -cleared.amount_minor
                FROM receivables_excesscleared AS cleared
                JOIN receivables_paymentreversal AS reversal
                    ON reversal.id = cleared.reversal_id) AS each
            JOIN receivables_payment AS payment ON payment.id = each.payment_id GROUP BY 1)
        SELECT coalesce(booked.currency, said.currency)
        FROM booked FULL JOIN said USING (currency)
        WHERE coalesce(booked.minor, 0) <> coalesce(said.minor, 0)
        """,  # noqa: S608  queries of this module, no data
    )


@invariant("I33", "Every row of a bank's file has a fate, and one payment where it is matched.")
def rows_have_a_fate() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM receivables_bankrow",
        violating="""
        SELECT row.public_id FROM receivables_bankrow AS row
        LEFT JOIN LATERAL (
            SELECT * FROM receivables_bankrowfate WHERE row_id = row.id
            ORDER BY number DESC LIMIT 1) AS last ON true
        LEFT JOIN receivables_payment AS payment ON payment.id = last.payment_id
        WHERE last.id IS NULL
           OR (row.kind = 'credit' AND last.payment_id IS NOT NULL
               AND (payment.external_key <> row.key OR payment.currency <> row.currency
                    OR payment.amount_minor <> row.amount_minor))
        """,
    )


@invariant("I35", "Refunds of a payment come to no more than was paid and not taken back.")
def refunds_within() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM receivables_refund",
        violating=f"""
        SELECT payment.public_id FROM receivables_payment AS payment
        JOIN ({_LIVE_REFUNDS}) AS refund ON refund.payment_id = payment.id
        GROUP BY payment.id
        HAVING sum(refund.amount_minor) > payment.amount_minor - (
            SELECT coalesce(sum(amount_minor), 0) FROM receivables_paymentreversal
            WHERE payment_id = payment.id)
        """,  # noqa: S608  queries of this module, no data
    )


@invariant(
    "I53", "Nobody is suspended who was not warned before, nor given up who was not suspended."
)
def warned_before_suspended() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM receivables_dunningnotice WHERE action = 'suspend'",
        violating="""
        SELECT notice.public_id FROM receivables_dunningnotice AS notice
        WHERE notice.action IN ('suspend', 'delete') AND NOT EXISTS (
            SELECT FROM receivables_dunningnotice AS before
            WHERE before.account_id = notice.account_id AND before.on_day < notice.on_day
              AND before.action = CASE notice.action
                  WHEN 'suspend' THEN 'warn' ELSE 'suspend' END)
        """,
    )
