"""What must always hold of recognised revenue, closes and batches."""

from core.invariants import InvariantResult, invariant, rows_breaking


@invariant("R1", "Deferred and unbilled revenue in the books are those of the schedules.")
def revenue_books_are_the_schedules() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM closing_revenueentry",
        violating="""
        WITH booked AS (
            SELECT journal.currency, book.code, sum(line.amount_minor) AS minor
            FROM ledger_journal AS journal
            JOIN ledger_journalline AS line ON line.journal_id = journal.id
            JOIN ledger_ledgeraccount AS book ON book.id = line.ledger_account_id
            WHERE book.code IN ('deferred-revenue', 'unbilled-revenue') GROUP BY 1, 2),
        said AS (
            SELECT recognition.currency, side.code, sum(side.minor) AS minor
            FROM closing_revenueentry AS entry
            JOIN closing_revenuerecognition AS recognition ON recognition.id = entry.recognition_id
            CROSS JOIN LATERAL (VALUES ('deferred-revenue', -entry.deferred_minor),
                                       ('unbilled-revenue', entry.unbilled_minor))
                AS side(code, minor)
            GROUP BY 1, 2)
        SELECT currency || ' ' || code FROM booked FULL JOIN said USING (currency, code)
        WHERE coalesce(booked.minor, 0) <> coalesce(said.minor, 0)
        """,
    )


@invariant("R2", "Schedules of an invoice come to its subtotal.")
def schedules_are_the_invoice() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM closing_revenueschedule",
        violating="""
        SELECT invoice.public_id FROM closing_revenueschedule AS schedule
        JOIN invoicing_invoice AS invoice ON invoice.id = schedule.invoice_id
        GROUP BY invoice.id HAVING sum(schedule.amount_minor) <> invoice.subtotal_minor
        """,
    )


@invariant("R3", "No account's deferred revenue is below zero at the end of a recognised month.")
def deferred_is_not_negative() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM closing_revenueentry",
        violating="""
        SELECT DISTINCT account.public_id FROM (
            SELECT invoice.account_id, recognition.month_on,
                   sum(sum(entry.deferred_minor)) OVER (
                       PARTITION BY invoice.account_id, recognition.currency
                       ORDER BY recognition.month_on) AS deferred
            FROM closing_revenueentry AS entry
            JOIN closing_revenuerecognition AS recognition ON recognition.id = entry.recognition_id
            JOIN closing_revenueschedule AS schedule ON schedule.id = entry.schedule_id
            JOIN invoicing_invoice AS invoice ON invoice.id = schedule.invoice_id
            GROUP BY invoice.account_id, recognition.currency, recognition.month_on) AS month
        JOIN accounts_account AS account ON account.id = month.account_id
        WHERE month.deferred < 0
        """,
    )


@invariant("R4", "A closed month was signed by two persons, over the figures it was locked with.")
def closes_are_signed() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM closing_monthclose",
        violating="""
        SELECT to_char(closed.month_on, 'YYYY-MM') FROM closing_monthclose AS closed
        JOIN closing_closecheck AS figures ON figures.id = closed.check_made_id
        JOIN closing_closesignature AS first ON first.id = closed.first_id
        JOIN closing_closesignature AS second ON second.id = closed.second_id
        JOIN ledger_periodlock AS period_lock ON period_lock.id = closed.lock_id
        WHERE first.signed_by_id = second.signed_by_id
           OR first.digest <> figures.digest OR second.digest <> figures.digest
           OR first.month_on <> closed.month_on OR second.month_on <> closed.month_on
           OR figures.month_on <> closed.month_on
           OR period_lock.locked_until
              <> (closed.month_on + interval '1 month') AT TIME ZONE 'UTC'
        """,
    )


@invariant("R5", "A batch has the journals it counts, of its month, and balances in each currency.")
def batches_balance() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM closing_journalbatch",
        violating="""
        SELECT batch.public_id FROM closing_journalbatch AS batch
        LEFT JOIN closing_batchedjournal AS item ON item.batch_id = batch.id
        LEFT JOIN ledger_journal AS journal ON journal.id = item.journal_id
        GROUP BY batch.id
        HAVING count(item.id) <> batch.journal_count
            OR bool_or(date_trunc('month', journal.effective_at AT TIME ZONE 'UTC')::date
                       <> batch.month_on)
        UNION ALL
        SELECT batch.public_id FROM closing_journalbatch AS batch
        JOIN closing_batchedjournal AS item ON item.batch_id = batch.id
        JOIN ledger_journal AS journal ON journal.id = item.journal_id
        JOIN ledger_journalline AS line ON line.journal_id = journal.id
        GROUP BY batch.id, journal.currency HAVING sum(line.amount_minor) <> 0
        """,
    )
