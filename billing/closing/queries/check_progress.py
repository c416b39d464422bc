"""How far the check of a month is that was asked for last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from billing.closing.checklist import closing_counts
from billing.closing.models import CloseCheckWork
from billing.closing.months import BooksMonth
from core.leases import WorkItem


@dataclass(frozen=True, slots=True)
class CheckProgress:
    """A check that is not done. `problem` says why it stopped, or why it is tried again.

    `total_count` are the accounts whose use is compared, None until a worker took it up. `counting`
    is what is counted after that, empty before.
    """

    asked_at: datetime
    asked_by: str
    compared_count: int
    total_count: int | None
    counting: str
    step: int
    steps: int
    is_stopped: bool
    problem: str


def check_progress(month: BooksMonth) -> CheckProgress | None:
    """The check that was asked for last, unless it is done or was never asked for; one query."""
    item = CloseCheckWork.objects.filter(month_on=month.first_on).order_by("-pk").first()
    if item is None or item.state == WorkItem.State.DONE:
        return None
    counts, total = closing_counts(), item.total_count
    counted = item.tally.get("counts", {})
    waiting = [each.title for each in counts if each.code not in counted]
    is_compared = total is not None and item.compared_count >= total
    return CheckProgress(
        asked_at=item.asked_at,
        asked_by=item.asked_by,
        compared_count=item.compared_count,
        total_count=total,
        counting=next(iter(waiting), "Totals") if is_compared else "",
        step=min(item.compared_count, total or 0) + len(counted),
        # The totals come last.
        steps=(total or 0) + len(counts) + 1,
        is_stopped=item.state == WorkItem.State.PARKED,
        problem=item.parked_reason or item.last_error,
    )
