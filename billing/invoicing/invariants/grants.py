"""Grants: what is left of each, and what the books say of those that were bought."""

from core.invariants import InvariantResult, invariant, rows_breaking


@invariant("G1", "What is left of a grant is from nothing to all of it, draw by draw.")
def grants_stay_within() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM invoicing_creditgrant",
        violating="""
        SELECT given.public_id FROM invoicing_creditgrant AS given
        JOIN invoicing_grantmovement AS moved ON moved.grant_id = given.id
        GROUP BY given.id
        HAVING given.amount + sum(moved.change) NOT BETWEEN 0 AND given.amount
        UNION ALL
        SELECT draw.public_id FROM invoicing_grantmovement AS draw
        JOIN invoicing_grantmovement AS back ON back.undoes_id = draw.id
        GROUP BY draw.id
        HAVING sum(back.change) > -draw.change OR sum(back.worth_minor) > draw.worth_minor
        """,
    )


@invariant("G2", "What live invoices take off for grants is what was drawn and not given back.")
def draws_are_on_invoices() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM invoicing_grantmovement",
        violating="""
        WITH printed AS (
            SELECT line.invoice_id, -sum(line.amount_minor) AS minor
            FROM invoicing_invoiceline AS line
            JOIN invoicing_invoice AS invoice ON invoice.id = line.invoice_id
            WHERE line.kind = 'grant' AND line.amount_minor < 0 AND invoice.state = 'issued'
            GROUP BY 1),
        drawn AS (
            SELECT invoice_id, sum(worth_minor) AS minor FROM invoicing_grantmovement
            WHERE kind = 'draw' AND because = '' GROUP BY 1)
        SELECT invoice.public_id FROM printed FULL JOIN drawn USING (invoice_id)
        JOIN invoicing_invoice AS invoice ON invoice.id = invoice_id
        WHERE coalesce(printed.minor, 0) <> coalesce(drawn.minor, 0)
        """,
    )


@invariant("G3", "Prepaid credit in the ledger is what was paid for what is left of grants.")
def prepaid_agrees() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM invoicing_creditgrant WHERE kind = 'prepaid'",
        violating="""
        WITH booked AS (
            SELECT line.account_id, -sum(line.amount_minor) AS minor
            FROM ledger_journalline AS line
            JOIN ledger_ledgeraccount AS book ON book.id = line.ledger_account_id
            WHERE book.code = 'prepaid-credit' GROUP BY 1),
        held AS (
            SELECT account_id, sum(round(paid_minor * leaves / amount)) AS minor FROM (
                SELECT given.account_id, given.paid_minor, given.amount,
                       given.amount + coalesce((
                           SELECT sum(change) FROM invoicing_grantmovement
                           WHERE grant_id = given.id), 0) AS leaves
                FROM invoicing_creditgrant AS given WHERE kind = 'prepaid') AS each
            GROUP BY 1)
        SELECT account.public_id FROM booked FULL JOIN held USING (account_id)
        JOIN accounts_account AS account ON account.id = account_id
        WHERE coalesce(booked.minor, 0) <> coalesce(held.minor, 0)
        """,
    )
