"""Consolidated invoices: their statements come to them, to the penny."""

from core.invariants import InvariantResult, invariant, rows_breaking


@invariant("I17", "Statements of an invoice sum to it, before tax, in tax and in total.")
def statements_come_to_their_invoice() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM invoicing_invoice WHERE kind = 'consolidated'",
        violating="""
        SELECT invoice.number FROM invoicing_invoice AS invoice
        LEFT JOIN invoicing_invoice AS statement ON statement.consolidated_on_id = invoice.id
        WHERE invoice.kind = 'consolidated'
        GROUP BY invoice.id
        HAVING coalesce(sum(statement.subtotal_minor), 0) <> invoice.subtotal_minor
            OR coalesce(sum(statement.tax_minor), 0) <> invoice.tax_minor
            OR coalesce(sum(statement.carried_minor), 0) <> invoice.carried_minor
            OR coalesce(sum(statement.total_minor), 0) <> invoice.total_minor
            OR bool_or(statement.payer_id <> invoice.payer_id)
            OR bool_or(statement.issued_at <> invoice.issued_at)
        """,
    )


@invariant("I26", "A later number is not issued on an earlier day, and none is due before its day.")
def days_follow_numbers() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM invoicing_invoice WHERE state = 'issued'",
        violating="""
        SELECT number FROM (
            SELECT number, issued_on, due_on,
                   lag(issued_on) OVER (PARTITION BY series_id ORDER BY sequence) AS previous
            FROM invoicing_invoice WHERE number IS NOT NULL) AS numbered
        WHERE issued_on < previous OR due_on < issued_on
        """,
    )
