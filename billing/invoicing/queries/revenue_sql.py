"""The statements of revenue: documents and lines with what they moved, before they are summed.

`{of_invoice}` and `{of_price}` take what they are narrowed by.
"""

from typing import Final

ISSUED: Final = """invoice.state = 'issued' AND invoice.kind <> 'consolidated'
    AND invoice.issued_at >= %(start)s AND invoice.issued_at < %(end)s"""
VOIDED: Final = """invoice.kind <> 'consolidated'
    AND void.effective_at >= %(start)s AND void.effective_at < %(end)s"""
CREDITED: Final = "note.issued_at >= %(start)s AND note.issued_at < %(end)s"

BY_DOCUMENT: Final = f"""
    SELECT invoice.account_id, invoice.id AS invoice_id, invoice.currency,
           invoice.subtotal_minor AS minor
    FROM invoicing_invoice AS invoice WHERE {ISSUED} {{of_invoice}}
    UNION ALL
    SELECT invoice.account_id, invoice.id, invoice.currency, -invoice.subtotal_minor
    FROM invoicing_invoicevoid AS void JOIN invoicing_invoice AS invoice
      ON invoice.id = void.invoice_id WHERE {VOIDED} {{of_invoice}}
    UNION ALL
    SELECT invoice.account_id, invoice.id, note.currency, -note.subtotal_minor
    FROM invoicing_creditnote AS note JOIN invoicing_invoice AS invoice
      ON invoice.id = note.invoice_id WHERE {CREDITED} {{of_invoice}}
"""  # noqa: S608  statements of this house

_PLACE: Final = "coalesce(invoice.number, invoice.public_id) || '/' || line.position"
ISSUED_LINES: Final = f"""
    SELECT invoice.account_id, invoice.id AS invoice_id, invoice.currency,
           line.amount_minor AS minor, line.price_id, {_PLACE} AS line, line.description AS text,
           line.id AS place
    FROM invoicing_invoice AS invoice JOIN invoicing_invoiceline AS line
      ON line.invoice_id = invoice.id WHERE {ISSUED} {{of_invoice}} {{of_price}}
"""  # noqa: S608  statements of this house
TAKEN_BACK_LINES: Final = f"""
    SELECT invoice.account_id, invoice.id AS invoice_id, invoice.currency,
           -line.amount_minor AS minor, line.price_id, {_PLACE} AS line, line.description AS text,
           line.id AS place
    FROM invoicing_invoicevoid AS void JOIN invoicing_invoice AS invoice
      ON invoice.id = void.invoice_id JOIN invoicing_invoiceline AS line
      ON line.invoice_id = invoice.id WHERE {VOIDED} {{of_invoice}} {{of_price}}
    UNION ALL
    SELECT invoice.account_id, invoice.id, note.currency, -credited.amount_minor, line.price_id,
           note.number, credited.description, coalesce(line.id, 0)
    FROM invoicing_creditnote AS note JOIN invoicing_invoice AS invoice
      ON invoice.id = note.invoice_id JOIN invoicing_creditnoteline AS credited
      ON credited.note_id = note.id LEFT JOIN invoicing_invoiceline AS line
      ON line.invoice_id = invoice.id AND line.key = credited.charge_key
    WHERE {CREDITED} {{of_invoice}} {{of_price}}
"""  # noqa: S608  statements of this house
BY_LINE: Final = f"{ISSUED_LINES} UNION ALL {TAKEN_BACK_LINES}"

# What a line is less by, where its price has the tax in it: its share of what its group's lines of
# included tax take out, as `tax_amounts.before_tax` shares it. Rounded down, and what is left over
# goes to the largest remainders, ties to the earlier line.
_SHARES: Final = """
    SELECT invoice_id, id, price_id, position, description,
           (whole + (number <= net - sum_of_whole)::int - amount_minor)::bigint AS minor
    FROM (
        SELECT *, net_minor AS net, sum(whole) OVER of_group AS sum_of_whole,
               row_number() OVER (PARTITION BY invoice_id, tax_group
                                  ORDER BY abs(exact - whole * gross) DESC, position) AS number
        FROM (
            SELECT *, div(exact, gross)
                      - (sign(exact - div(exact, gross) * gross) * sign(gross) < 0)::int AS whole
            FROM (
                SELECT line.*, taken.net_minor, taken.gross,
                       line.amount_minor::numeric * taken.net_minor AS exact
                FROM (
                    SELECT invoice_id, tax_group, sum(amount_minor) AS net_minor,
                           sum(amount_minor) FILTER (WHERE kind <> 'tax_included') AS gross
                    FROM invoicing_invoiceline WHERE invoice_id IN (
                        SELECT tax.invoice_id FROM invoicing_invoicetax AS tax
                        JOIN invoicing_invoice AS invoice ON invoice.id = tax.invoice_id
                        LEFT JOIN invoicing_invoicevoid AS void ON void.invoice_id = invoice.id
                        WHERE tax.is_included AND {which})
                    GROUP BY 1, 2
                    HAVING bool_or(kind = 'tax_included')
                       AND sum(amount_minor) FILTER (WHERE kind <> 'tax_included') <> 0
                ) AS taken
                JOIN invoicing_invoiceline AS line USING (invoice_id, tax_group)
                WHERE line.kind <> 'tax_included'
            ) AS multiplied
        ) AS divided
        WINDOW of_group AS (PARTITION BY invoice_id, tax_group)
    ) AS numbered
"""
_LESS: Final = f"""
    UNION ALL
    SELECT invoice.account_id, invoice.id, invoice.currency, line.minor, line.price_id,
           {_PLACE}, line.description, line.id
    FROM invoicing_invoice AS invoice JOIN ({_SHARES.format(which=ISSUED)}) AS line
      ON line.invoice_id = invoice.id WHERE {ISSUED} {{of_invoice}} {{of_price}}
    UNION ALL
    SELECT invoice.account_id, invoice.id, invoice.currency, -line.minor, line.price_id,
           {_PLACE}, line.description, line.id
    FROM invoicing_invoicevoid AS void JOIN invoicing_invoice AS invoice
      ON invoice.id = void.invoice_id JOIN ({_SHARES.format(which=VOIDED)}) AS line
      ON line.invoice_id = invoice.id WHERE {VOIDED} {{of_invoice}} {{of_price}}
"""  # noqa: S608  statements of this house
_ALL_OF_IT: Final = BY_LINE.replace(
    "{of_price}", "AND line.kind IS DISTINCT FROM 'tax_included' {of_price}"
)
BY_LINE_BEFORE_TAX: Final = f"{_ALL_OF_IT} {_LESS}"
"""Lines as prices earned them; what a price has of tax in it is a row that takes it off."""
