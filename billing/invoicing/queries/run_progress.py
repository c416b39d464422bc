"""How far a bill run is, for the run page and the command."""

from dataclasses import dataclass

from django.db.models import Count

from billing.invoicing.models import BillRun, BillRunItem


@dataclass(frozen=True, slots=True)
class RunProgress:
    """Items of a run by what became of them."""

    total: int
    pending: int
    billed: int
    unchanged: int
    empty: int
    parked: int
    finished: bool

    @property
    def settled(self) -> int:
        """Items that are not waiting any more."""
        return self.total - self.pending

    @property
    def percent(self) -> int:
        """Share that is settled, rounded down; 100 for a run without items."""
        return 100 * self.settled // self.total if self.total else 100

    @property
    def sentence(self) -> str:
        """One line for a log or a screen reader."""
        return (
            f"{self.settled} of {self.total} periods settled: {self.billed} billed, "
            f"{self.unchanged} unchanged, {self.empty} empty, {self.parked} parked"
        )


def progress(run_id: int) -> RunProgress:
    """Count the items of a run by state; two queries."""
    counted = dict(
        BillRunItem.objects.filter(run_id=run_id)
        .values_list("state")
        .annotate(count=Count("pk"))
        .order_by()
    )
    finished = BillRun.objects.values_list("finished_at", flat=True).get(pk=run_id)
    return RunProgress(
        total=sum(counted.values()),
        finished=finished is not None,
        **{str(state): counted.get(state, 0) for state in BillRunItem.State.values},
    )
