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
