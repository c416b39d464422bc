"""Invoices: totals, numbers, periods and content."""

from itertools import groupby

from billing.invoicing.documents.content import content_digest, lines_digest, stored_taxes
from billing.invoicing.invariants.issued import batches, found
from billing.invoicing.models import InvoiceLine
from core.invariants import InvariantResult, invariant, rows_breaking


@invariant("I17", "Lines sum to the subtotal, and the total is what the ledger says is owed.")
def totals_agree() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM invoicing_invoice",
        violating="""
        SELECT invoice.public_id FROM invoicing_invoice AS invoice
        LEFT JOIN LATERAL (SELECT coalesce(sum(amount_minor), 0) AS minor
                           FROM invoicing_invoiceline
                           WHERE invoice_id = invoice.id) AS lines ON true
        LEFT JOIN LATERAL (SELECT coalesce(sum(line.amount_minor), 0) AS minor
                           FROM ledger_journal AS journal
                           JOIN ledger_journalline AS line ON line.journal_id = journal.id
                           JOIN ledger_ledgeraccount AS book ON book.id = line.ledger_account_id
                           WHERE journal.kind = 'invoice_issued'
                             AND journal.source = invoice.public_id
                             AND book.code = 'receivables') AS booked ON true
        WHERE lines.minor <> invoice.subtotal_minor
           OR booked.minor <> CASE
                WHEN invoice.state = 'issued' AND invoice.consolidated_on_id IS NULL
                THEN invoice.total_minor ELSE 0 END
        """,
    )


@invariant("I18", "Numbers of a series are 1 to n without a gap, in the order of issue.")
def numbers_are_gapless() -> InvariantResult:
    return rows_breaking(
        examined="""
        SELECT (SELECT count(*) FROM invoicing_invoice WHERE number IS NOT NULL)
             + (SELECT count(*) FROM invoicing_creditnote)
        """,
        violating="""
        WITH numbered AS (
            SELECT series_id, sequence, number, issued_at FROM invoicing_invoice
            WHERE number IS NOT NULL
            UNION ALL SELECT series_id, sequence, number, issued_at FROM invoicing_creditnote)
        SELECT series.prefix || ': ' || series.next_value FROM invoicing_numberseries AS series
        LEFT JOIN numbered ON numbered.series_id = series.id
        GROUP BY series.id
        HAVING count(numbered.number) <> series.next_value - 1
            OR coalesce(min(numbered.sequence), 1) <> 1
            OR coalesce(max(numbered.sequence), 0) <> series.next_value - 1
        UNION ALL
        SELECT number FROM (
            SELECT number, issued_at,
                   lag(issued_at) OVER (PARTITION BY series_id ORDER BY sequence) AS previous
            FROM numbered) AS numbers
        WHERE issued_at < previous
        """,
    )


@invariant("I19", "The stored hash of an issued invoice is the hash of its content.")
def issued_content_is_unchanged() -> InvariantResult:
    examined, violating = 0, []
    for invoices in batches():
        lines = InvoiceLine.objects.filter(invoice__in=invoices).order_by("invoice_id", "position")
        hashes = {
            invoice_id: lines_digest(group)
            for invoice_id, group in groupby(lines, key=lambda line: line.invoice_id)
        }
        taxes = stored_taxes(invoice.pk for invoice in invoices)
        for invoice in invoices:
            examined += 1
            lines_sha256 = hashes.get(invoice.pk) or lines_digest([])
            now = content_digest(
                invoice, lines_sha256=lines_sha256, taxes=taxes.get(invoice.pk, ())
            )
            if now != invoice.content_sha256:
                violating.append(invoice.public_id)
    return found(examined, violating)


@invariant("I20", "An account has one period invoice for an instant, void ones aside.")
def one_invoice_per_period() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM invoicing_invoice",
        violating="""
        SELECT later.public_id FROM invoicing_invoice AS earlier
        JOIN invoicing_invoice AS later ON later.account_id = earlier.account_id
         AND later.id > earlier.id
         AND tstzrange(later.period_from, later.period_until)
          && tstzrange(earlier.period_from, earlier.period_until)
        WHERE earlier.kind = 'period' AND later.kind = 'period' AND NOT EXISTS (
            SELECT FROM invoicing_invoicevoid AS void
            WHERE void.invoice_id IN (earlier.id, later.id))
        """,
    )


@invariant("I21", "Invoiced periods of an account tile: a gap was empty or is parked.")
def periods_tile() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM invoicing_invoice WHERE state = 'issued'",
        violating="""
        SELECT public_id FROM (
            SELECT public_id, account_id, period_from,
                   lag(period_until) OVER (PARTITION BY account_id ORDER BY period_from) AS gap_from
            FROM invoicing_invoice WHERE state = 'issued' AND kind = 'period') AS invoiced
        WHERE gap_from < period_from
          AND EXISTS (SELECT 1 FROM contracts_subscription AS subscription
                      WHERE subscription.account_id = invoiced.account_id
                        AND tstzrange(subscription.started_at, subscription.ended_at)
                         && tstzrange(gap_from, period_from))
          AND NOT EXISTS (SELECT 1 FROM invoicing_billrunitem AS item
                          WHERE item.account_id = invoiced.account_id
                            AND item.state IN ('pending', 'empty', 'parked')
                            AND item.period_from >= gap_from
                            AND item.period_until <= invoiced.period_from)
        """,
    )


@invariant("I24", "An invoice has the currency of its account and of the plans it bills.")
def one_currency() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM invoicing_invoice",
        violating="""
        SELECT DISTINCT invoice.public_id FROM invoicing_invoice AS invoice
        JOIN accounts_account AS account ON account.id = invoice.account_id
        LEFT JOIN invoicing_invoiceline AS line ON line.invoice_id = invoice.id
        LEFT JOIN contracts_subscription AS subscription ON subscription.id = line.subscription_id
        LEFT JOIN catalogue_plan AS plan ON plan.id = subscription.plan_id
        WHERE account.currency <> invoice.currency OR plan.currency <> invoice.currency
        """,
    )
