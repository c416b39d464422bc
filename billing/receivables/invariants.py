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
