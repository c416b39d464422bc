"""What must always hold of invoices, the ledger and bill runs; numbers as in the reliability list.

Each check reads rows only, returns how many it examined and which broke the rule, and is safe to
run at any time. `manage.py check_invariants` runs them all.
"""

import json
from collections.abc import Iterator, Sequence
from itertools import groupby

from billing.calendar import AccountPeriod
from billing.content import content_digest, lines_digest
from billing.drafting import rated_drafts
from billing.drafts import Draft
from billing.models import BillRun, BillRunItem, Invoice, InvoiceLine
from billing.queries.due import due_periods
from core.invariants import SAMPLE_SIZE, InvariantResult, invariant, rows_breaking

BATCH = 500
"""Invoices looked at together where a check needs Python; keeps memory flat."""


def _found(examined: int, violating: Sequence[str]) -> InvariantResult:
    return InvariantResult(examined, len(violating), tuple(violating[:SAMPLE_SIZE]))


@invariant("I8", "rating the same inputs again gives the same lines")
def rating_is_a_function() -> InvariantResult:
    """Re-rates issued invoices; one whose inputs have changed since is late usage, not a breach."""
    examined, violating = 0, []
    for invoices in _batches():
        scopes = [AccountPeriod(each.account_id, each.period, each.zone) for each in invoices]
        for invoice, again in zip(invoices, rated_drafts(scopes), strict=True):
            if not isinstance(again, Draft) or again.inputs_digest != invoice.inputs_digest:
                continue
            examined += 1
            stored = [
                (line.key, line.amount_minor, line.explanation)
                for line in invoice.lines.order_by("position")
            ]
            # Stored explanations have been through JSON, which knows no tuples.
            rated = [
                (line.key, line.amount_minor, json.loads(json.dumps(line.explanation)))
                for line in again.lines
            ]
            if stored != rated:
                violating.append(invoice.public_id)
    return _found(examined, violating)


@invariant("I17", "lines sum to the subtotal, and the total is what the ledger says is owed")
def totals_agree() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM billing_invoice",
        violating="""
        SELECT invoice.public_id FROM billing_invoice AS invoice
        LEFT JOIN LATERAL (SELECT coalesce(sum(amount_minor), 0) AS minor
                           FROM billing_invoiceline WHERE invoice_id = invoice.id) AS lines ON true
        LEFT JOIN LATERAL (SELECT coalesce(sum(line.amount_minor), 0) AS minor
                           FROM billing_journal AS journal
                           JOIN billing_journalline AS line ON line.journal_id = journal.id
                           JOIN billing_ledgeraccount AS book ON book.id = line.ledger_account_id
                           WHERE journal.kind = 'invoice_issued'
                             AND journal.source = invoice.public_id
                             AND book.code = 'receivables') AS booked ON true
        WHERE lines.minor <> invoice.subtotal_minor
           OR booked.minor <> CASE WHEN invoice.state = 'issued' THEN invoice.total_minor ELSE 0 END
        """,
    )


@invariant("I18", "numbers of a series are 1 to n without a gap, in the order of issue")
def numbers_are_gapless() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM billing_invoice WHERE number IS NOT NULL",
        violating="""
        SELECT series.prefix || ': ' || series.next_value FROM billing_numberseries AS series
        LEFT JOIN billing_invoice AS invoice ON invoice.series_id = series.id
        GROUP BY series.id
        HAVING count(invoice.id) <> series.next_value - 1
            OR coalesce(min(invoice.sequence), 1) <> 1
            OR coalesce(max(invoice.sequence), 0) <> series.next_value - 1
        UNION ALL
        SELECT number FROM (
            SELECT number, issued_at,
                   lag(issued_at) OVER (PARTITION BY series_id ORDER BY sequence) AS previous
            FROM billing_invoice WHERE number IS NOT NULL) AS numbered
        WHERE issued_at < previous
        """,
    )


@invariant("I19", "the stored hash of an issued invoice is the hash of its content")
def issued_content_is_unchanged() -> InvariantResult:
    examined, violating = 0, []
    for invoices in _batches():
        lines = InvoiceLine.objects.filter(invoice__in=invoices).order_by("invoice_id", "position")
        hashes = {
            invoice_id: lines_digest(group)
            for invoice_id, group in groupby(lines, key=lambda line: line.invoice_id)
        }
        for invoice in invoices:
            examined += 1
            lines_sha256 = hashes.get(invoice.pk) or lines_digest([])
            if content_digest(invoice, lines_sha256=lines_sha256) != invoice.content_sha256:
                violating.append(invoice.public_id)
    return _found(examined, violating)


@invariant("I20", "an account has one invoice for an instant")
def one_invoice_per_period() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM billing_invoice",
        violating="""
        SELECT later.public_id FROM billing_invoice AS earlier
        JOIN billing_invoice AS later ON later.account_id = earlier.account_id
         AND later.id > earlier.id
         AND tstzrange(later.period_from, later.period_until)
          && tstzrange(earlier.period_from, earlier.period_until)
        """,
    )


@invariant("I21", "invoiced periods of an account tile: a gap was empty or is parked")
def periods_tile() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM billing_invoice WHERE state = 'issued'",
        violating="""
        SELECT public_id FROM (
            SELECT public_id, account_id, period_from,
                   lag(period_until) OVER (PARTITION BY account_id ORDER BY period_from) AS gap_from
            FROM billing_invoice WHERE state = 'issued') AS invoiced
        WHERE gap_from < period_from
          AND EXISTS (SELECT 1 FROM billing_subscription AS subscription
                      WHERE subscription.account_id = invoiced.account_id
                        AND tstzrange(subscription.started_at, subscription.ended_at)
                         && tstzrange(gap_from, period_from))
          AND NOT EXISTS (SELECT 1 FROM billing_billrunitem AS item
                          WHERE item.account_id = invoiced.account_id
                            AND item.state IN ('pending', 'empty', 'parked')
                            AND item.period_from >= gap_from
                            AND item.period_until <= invoiced.period_from)
        """,
    )


@invariant("I24", "an invoice has the currency of its account and of the plans it bills")
def one_currency() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM billing_invoice",
        violating="""
        SELECT DISTINCT invoice.public_id FROM billing_invoice AS invoice
        JOIN accounts_account AS account ON account.id = invoice.account_id
        LEFT JOIN billing_invoiceline AS line ON line.invoice_id = invoice.id
        LEFT JOIN billing_subscription AS subscription ON subscription.id = line.subscription_id
        LEFT JOIN billing_plan AS plan ON plan.id = subscription.plan_id
        WHERE account.currency <> invoice.currency OR plan.currency <> invoice.currency
        """,
    )


@invariant("I27", "each journal balances and has two lines or more, none of them zero")
def journals_balance() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM billing_journal",
        violating="""
        SELECT journal.public_id FROM billing_journal AS journal
        LEFT JOIN billing_journalline AS line ON line.journal_id = journal.id
        GROUP BY journal.id
        HAVING coalesce(sum(line.amount_minor), 0) <> 0 OR count(line.id) < 2
            OR bool_or(line.amount_minor = 0)
        """,
    )


@invariant("I28", "the triggers that make facts append-only are there and switched on")
def facts_are_protected() -> InvariantResult:
    return rows_breaking(
        examined="SELECT 2",
        violating="""
        SELECT wanted.name
        FROM (VALUES ('billing_journal'), ('billing_journalline')) AS wanted(name)
        WHERE (SELECT count(*) FROM pg_trigger
               WHERE tgrelid = wanted.name::regclass AND tgenabled IN ('O', 'A')
                 AND NOT tgisinternal AND (tgtype & 26) <> 0) < 2
        """,
    )


@invariant("I29", "the trial balance is zero in every currency")
def trial_balance_is_zero() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM billing_journalline",
        violating="""
        SELECT journal.currency FROM billing_journal AS journal
        JOIN billing_journalline AS line ON line.journal_id = journal.id
        GROUP BY journal.currency HAVING sum(line.amount_minor) <> 0
        """,
    )


@invariant("I30", "revenue and tax in the ledger are what issued invoices say")
def income_agrees() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM billing_invoice WHERE state = 'issued'",
        violating="""
        WITH booked AS (
            SELECT journal.currency, book.code, -sum(line.amount_minor) AS minor
            FROM billing_journal AS journal
            JOIN billing_journalline AS line ON line.journal_id = journal.id
            JOIN billing_ledgeraccount AS book ON book.id = line.ledger_account_id
            WHERE book.code IN ('revenue', 'tax-payable') GROUP BY 1, 2),
        invoiced AS (
            SELECT currency, side.code, sum(side.minor) AS minor FROM billing_invoice
            CROSS JOIN LATERAL (VALUES ('revenue', subtotal_minor), ('tax-payable', tax_minor))
                AS side(code, minor)
            WHERE state = 'issued' GROUP BY 1, 2)
        SELECT currency || ' ' || code FROM booked FULL JOIN invoiced USING (currency, code)
        WHERE coalesce(booked.minor, 0) <> coalesce(invoiced.minor, 0)
        """,
    )


@invariant("I31", "what a payer owes in the ledger is the sum of the payer's invoices")
def receivables_agree() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(DISTINCT payer_id) FROM billing_invoice WHERE state = 'issued'",
        violating="""
        WITH booked AS (
            SELECT line.account_id AS payer_id, journal.currency, sum(line.amount_minor) AS minor
            FROM billing_journal AS journal
            JOIN billing_journalline AS line ON line.journal_id = journal.id
            JOIN billing_ledgeraccount AS book ON book.id = line.ledger_account_id
            WHERE book.code = 'receivables' GROUP BY 1, 2),
        invoiced AS (
            SELECT payer_id, currency, sum(total_minor) AS minor FROM billing_invoice
            WHERE state = 'issued' GROUP BY 1, 2)
        SELECT account.public_id FROM booked FULL JOIN invoiced USING (payer_id, currency)
        JOIN accounts_account AS account ON account.id = payer_id
        WHERE coalesce(booked.minor, 0) <> coalesce(invoiced.minor, 0)
        """,
    )


@invariant("I47", "every due period is billed, empty, queued or parked")
def nothing_due_is_forgotten() -> InvariantResult:
    """As of the latest run: later periods are not due before the next one is planned."""
    run = BillRun.objects.order_by("-as_of", "-pk").first()
    if run is None:
        return InvariantResult(0)
    due = due_periods(as_of=run.as_of, grace=run.grace)
    known = set(
        BillRunItem.objects.exclude(state=BillRunItem.State.BILLED).values_list(
            "account_id", "period_from"
        )
    )
    if not run.issues:
        known |= set(run.items.values_list("account_id", "period_from"))
    forgotten = [
        f"account {each.account_id} from {each.period.start:%Y-%m-%d}"
        for each in due
        if (each.account_id, each.period.start) not in known
    ]
    return _found(len(due), forgotten)


def _batches() -> Iterator[list[Invoice]]:
    last = 0
    while invoices := list(
        Invoice.objects.filter(state=Invoice.State.ISSUED, pk__gt=last).order_by("pk")[:BATCH]
    ):
        yield invoices
        last = invoices[-1].pk
