"""Bills again what was set aside because the tax engine did not answer, once it may be asked."""

from collections import defaultdict
from contextlib import suppress
from datetime import datetime

from billing.invoicing.models import BillRun, BillRunItem
from billing.invoicing.operations.bill_runs import NothingParked, retry_parked
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
    count = 0
    for run_id, ids in sorted(by_run.items()):
        run = BillRun.objects.get(pk=run_id)
        # Where a person was faster, they are at work already.
        with suppress(NothingParked):
            count += retry_parked(run=run, at=at, by=by, reason=reason, item_ids=ids)
    return count
