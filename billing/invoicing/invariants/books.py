"""What the books say of invoices and credit notes is what these say themselves."""

from core.invariants import InvariantResult, invariant, rows_breaking


@invariant("I30", "Revenue and tax in the ledger are those of live invoices less their notes.")
def income_agrees() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM invoicing_invoice WHERE state = 'issued'",
        violating="""
        WITH booked AS (
            SELECT journal.currency,
                   CASE book.code WHEN 'tax-payable' THEN book.code ELSE 'revenue' END AS code,
                   -sum(line.amount_minor) AS minor
            FROM ledger_journal AS journal
            JOIN ledger_journalline AS line ON line.journal_id = journal.id
            JOIN ledger_ledgeraccount AS book ON book.id = line.ledger_account_id
            WHERE book.code IN ('revenue', 'deferred-revenue', 'unbilled-revenue', 'tax-payable')
            GROUP BY 1, 2),
        said AS (
            SELECT currency, subtotal_minor, tax_minor FROM invoicing_invoice AS invoice
            WHERE state = 'issued' AND consolidated_on_id IS NULL AND NOT EXISTS (
                SELECT FROM invoicing_invoicevoid WHERE invoice_id = invoice.id)
            UNION ALL
            SELECT currency, -subtotal_minor, -tax_minor FROM invoicing_creditnote),
        invoiced AS (
            SELECT currency, side.code, sum(side.minor) AS minor FROM said
            CROSS JOIN LATERAL (VALUES ('revenue', subtotal_minor), ('tax-payable', tax_minor))
                AS side(code, minor)
            GROUP BY 1, 2)
        SELECT currency || ' ' || code FROM booked FULL JOIN invoiced USING (currency, code)
        WHERE coalesce(booked.minor, 0) <> coalesce(invoiced.minor, 0)
        """,
    )


@invariant("I30", "Tax payable of a jurisdiction is what invoices print of it, less their notes.")
def tax_by_jurisdiction_agrees() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM invoicing_invoicetax",
        violating="""
        WITH booked AS (
            SELECT journal.currency, line.part, -sum(line.amount_minor) AS minor
            FROM ledger_journal AS journal
            JOIN ledger_journalline AS line ON line.journal_id = journal.id
            JOIN ledger_ledgeraccount AS book ON book.id = line.ledger_account_id
            WHERE book.code = 'tax-payable' GROUP BY 1, 2),
        printed AS (
            SELECT currency, part, sum(minor) AS minor FROM (
                SELECT invoice.currency, tax.jurisdiction AS part, tax.tax_minor AS minor
                FROM invoicing_invoicetax AS tax
                JOIN invoicing_invoice AS invoice ON invoice.id = tax.invoice_id
                WHERE invoice.state = 'issued' AND invoice.consolidated_on_id IS NULL
                  AND NOT EXISTS (
                    SELECT FROM invoicing_invoicevoid WHERE invoice_id = invoice.id)
                UNION ALL
                SELECT note.currency, charged.jurisdiction, -tax.tax_minor
                FROM invoicing_creditnotetax AS tax
                JOIN invoicing_creditnote AS note ON note.id = tax.note_id
                JOIN invoicing_invoicetax AS charged
                  ON charged.invoice_id = note.invoice_id AND charged."group" = tax."group") AS each
            GROUP BY 1, 2)
        SELECT currency || ' ' || part FROM booked FULL JOIN printed USING (currency, part)
        WHERE coalesce(booked.minor, 0) <> coalesce(printed.minor, 0)
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
            SELECT account_id, sum(carried_minor) AS minor FROM invoicing_invoice AS invoice
            WHERE state = 'issued' AND kind <> 'consolidated' AND carried_minor <> 0
              AND NOT EXISTS (
                SELECT FROM invoicing_invoicevoid WHERE invoice_id = invoice.id)
            GROUP BY 1)
        SELECT coalesce(account.public_id, 'nobody')
        FROM booked FULL JOIN invoiced USING (account_id)
        LEFT JOIN accounts_account AS account ON account.id = account_id
        WHERE coalesce(booked.minor, 0) <> coalesce(invoiced.minor, 0) OR booked.minor < 0
        """,
    )


@invariant("I22", "Credit notes come to no more than their invoice, charge by charge and in tax.")
def notes_within_invoices() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM invoicing_creditnote",
        violating="""
        SELECT note.number FROM invoicing_creditnote AS note
        WHERE note.subtotal_minor <> (
                SELECT coalesce(sum(amount_minor), 0) FROM invoicing_creditnoteline
                WHERE note_id = note.id)
           OR note.tax_minor <> (
                SELECT coalesce(sum(tax_minor), 0) FROM invoicing_creditnotetax
                WHERE note_id = note.id)
        UNION ALL
        SELECT invoice.number FROM invoicing_invoice AS invoice
        JOIN invoicing_creditnote AS note ON note.invoice_id = invoice.id
        GROUP BY invoice.id
        HAVING sum(note.subtotal_minor) > invoice.subtotal_minor
            OR sum(note.tax_minor) > invoice.tax_minor
        """,
    )


@invariant("I23", "The tax of an invoice is that of its groups, and a group's base its lines.")
def taxes_agree() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM invoicing_invoicetax",
        violating="""
        SELECT invoice.public_id FROM invoicing_invoice AS invoice
        WHERE invoice.tax_minor <> (
            SELECT coalesce(sum(tax_minor), 0) FROM invoicing_invoicetax
            WHERE invoice_id = invoice.id)
        UNION ALL
        SELECT invoice.public_id FROM invoicing_invoicetax AS tax
        JOIN invoicing_invoice AS invoice ON invoice.id = tax.invoice_id
        WHERE tax.base_minor <> (
            SELECT coalesce(sum(amount_minor), 0) FROM invoicing_invoiceline
            WHERE invoice_id = tax.invoice_id AND tax_group = tax."group")
        """,
    )
