"""Bills again what was set aside because the tax engine did not answer, once it may be asked."""

from collections import defaultdict
from datetime import datetime

from billing.invoicing.models import BillRun, BillRunItem
from billing.invoicing.operations.bill_runs import retry_parked
from billing.invoicing.tax_engines import TaxUnavailable, breaker
from core.actor import Actor


def retry_untaxed(*, at: datetime, by: Actor, reason: str) -> int:
    """Put such items of all runs back to work; returns how many. None while the engine is left
    alone.
    """
    if breaker.is_open():
        return 0
    parked = BillRunItem.objects.filter(
        state=BillRunItem.State.PARKED, parked_code=TaxUnavailable.code
    )
    by_run: dict[int, list[int]] = defaultdict(list)
    for run_id, pk in parked.values_list("run_id", "pk"):
        by_run[run_id].append(pk)
    runs = BillRun.objects.in_bulk(by_run)
    return sum(
        retry_parked(run=runs[run_id], at=at, by=by, reason=reason, item_ids=ids)
        for run_id, ids in sorted(by_run.items())
    )
