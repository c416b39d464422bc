"""Bill runs: nothing that is due is forgotten, and only what was looked at counts as billed."""

from billing.invoicing.invariants.issued import found
from billing.invoicing.models import BillRun, BillRunItem, Invoice
from billing.invoicing.queries.due import due_periods
from core.invariants import InvariantResult, invariant, rows_breaking


@invariant("I47", "Every due period is billed, empty, queued or parked.")
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
    # Left as drafts on purpose, by a run that may have covered some accounts only.
    left = BillRunItem.objects.filter(run__issues=False)
    known |= set(left.values_list("account_id", "period_from"))
    # Those of a payer with one invoice for all wait for the others, as drafts.
    waiting = Invoice.objects.filter(
        state=Invoice.State.DRAFT, payer__invoice_terms__consolidates=True
    )
    known |= set(waiting.values_list("account_id", "period_from"))
    everybody = [*due.periods, *due.unplannable]
    forgotten = [
        f"account {each.account_id} from {each.period.start:%Y-%m-%d}"
        for each in everybody
        if (each.account_id, each.period.start) not in known
    ]
    billed = Invoice.objects.filter(
        state=Invoice.State.ISSUED, period_until__lte=run.as_of - run.grace
    )
    return found(len(everybody) + billed.count(), forgotten)


@invariant("I47", "The billed time of an account is what was issued and what came to nothing.")
def billed_time_is_what_was_billed() -> InvariantResult:
    return rows_breaking(
        examined="SELECT count(*) FROM invoicing_billedspan",
        violating="""
        WITH said AS (
            SELECT account_id, range_agg(tstzrange(billed_from, billed_until)) AS spans
            FROM invoicing_billedspan GROUP BY account_id
        ), done AS (
            SELECT account_id, range_agg(tstzrange(period_from, period_until)) AS spans
            FROM (SELECT account_id, period_from, period_until FROM invoicing_invoice
                  WHERE state = 'issued' AND kind = 'period'
                  UNION ALL
                  SELECT item.account_id, item.period_from, item.period_until
                  FROM invoicing_billrunitem AS item
                  JOIN invoicing_billrun AS run ON run.id = item.run_id
                  WHERE item.state = 'empty' AND run.issues
                    AND item.empty_because <> 'not_subscribed') AS periods
            GROUP BY account_id
        )
        SELECT account_id FROM said FULL JOIN done USING (account_id)
        WHERE said.spans IS DISTINCT FROM done.spans
        """,
    )
