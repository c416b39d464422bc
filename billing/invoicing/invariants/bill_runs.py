"""Bill runs: nothing that is due is forgotten."""

from billing.invoicing.invariants.issued import found
from billing.invoicing.models import BillRun, BillRunItem, Invoice
from billing.invoicing.queries.due import due_periods
from core.invariants import InvariantResult, invariant


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
    forgotten = [
        f"account {each.account_id} from {each.period.start:%Y-%m-%d}"
        for each in due
        if (each.account_id, each.period.start) not in known
    ]
    billed = Invoice.objects.filter(
        state=Invoice.State.ISSUED, period_until__lte=run.as_of - run.grace
    )
    return found(len(due) + billed.count(), forgotten)
