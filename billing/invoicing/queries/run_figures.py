"""What a bill run came to: invoices, money by currency, time, and the same of the run before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Sum

from billing.invoicing.models import BillRun, BillRunItem
from billing.invoicing.queries.run_progress import RunProgress, progress
from core.money import Money


@dataclass(frozen=True, slots=True)
class RunFigures:
    """One run in numbers; `seconds` until it was finished, or until it was looked at."""

    run: BillRun
    progress: RunProgress
    invoices: int
    totals: Sequence[Money]
    seconds: int

    @property
    def per_second(self) -> int:
        """Periods settled each second, rounded down; those of less than a second as of one."""
        return self.progress.settled // max(self.seconds, 1)


def run_figures(run: BillRun, *, at: datetime) -> RunFigures:
    """The numbers of a run at an instant; three queries."""
    sums = (
        BillRunItem.objects.filter(run=run, state=BillRunItem.State.BILLED, invoice__isnull=False)
        .values("invoice__currency")
        .annotate(count=Count("pk"), minor=Sum("invoice__total_minor"))
        .order_by("invoice__currency")
    )
    found = list(sums.values_list("invoice__currency", "count", "minor"))
    return RunFigures(
        run=run,
        progress=progress(run.pk),
        invoices=sum(count for _, count, _ in found),
        totals=[Money.from_minor(minor, currency) for currency, _, minor in found],
        seconds=int(((run.finished_at or at) - run.started_at).total_seconds()),
    )


def run_before(run: BillRun) -> BillRun | None:
    """The last run before this one that had anything to do; one query."""
    runs = BillRun.objects.filter(started_at__lt=run.started_at, chunks__isnull=False)
    return runs.order_by("-started_at", "-pk").first()
