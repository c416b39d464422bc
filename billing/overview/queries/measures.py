"""How billing does, for whoever watches: what is due by queue, what is parked, how runs go on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Max, Min, Q
from django.db.models.functions import Coalesce

from billing.invoicing.models import BillRun, BillRunChunk, BillRunItem
from billing.papers.models import PaperFile
from billing.whatif.models import SimulationWork
from core import leases
from core.leases import WorkItem
from core.measures import WatchedNumber, age
from eventing.models import OutboxEvent
from usage.models import HeldSettlement, StaleUsage

COUNTED_TO: Final = 10_000
WORK: Final[tuple[tuple[str, str, type[WorkItem]], ...]] = (
    ("billing", "bill_run_chunks", BillRunChunk),
    ("billing", "held_settlements", HeldSettlement),
    ("papers", "paper_files", PaperFile),
    ("whatif", "simulations", SimulationWork),
)
"""Queue, kind, and the rows that are its work."""


def billing_measures(*, at: datetime) -> Iterator[WatchedNumber]:
    """A dozen short queries, each over an index of what is not done."""
    yield from _queues(at)
    yield from _parked()
    unfinished = BillRun.objects.filter(finished_at=None)
    counted = dict(
        BillRunItem.objects.filter(run__in=unfinished)
        .values_list("state")
        .annotate(count=Count("id"))
        .order_by("state")
    )
    for state in BillRunItem.State.values:
        yield WatchedNumber("counterfoil_bill_run_items", counted.get(state, 0), {"state": state})
    newest = OutboxEvent.objects.aggregate(newest=Max("id"))["newest"] or 0
    recent = OutboxEvent.objects.filter(
        id__gt=newest - COUNTED_TO, created_at__gt=at - timedelta(minutes=5)
    )
    yield WatchedNumber("counterfoil_outbox_last_5m", recent.count())


def due_by_queue(*, at: datetime) -> dict[str, tuple[int, datetime | None]]:
    """How much work is due in each queue that has rows, and since when the oldest."""
    found: dict[str, tuple[int, datetime | None]] = {}
    since = Min(Coalesce("lease_until", "not_before"))
    for queue, _, kind in WORK:
        items = leases.due(kind._default_manager.all(), at=at)
        count, oldest = items[:COUNTED_TO].count(), items.aggregate(since=since)["since"]
        known, known_oldest = found.get(queue, (0, None))
        both = [each for each in (oldest, known_oldest) if each is not None]
        found[queue] = (known + count, min(both, default=None))
    marks = StaleUsage.objects.aggregate(oldest=Min("marked_at"))["oldest"]
    found["usage"] = (StaleUsage.objects.all()[:COUNTED_TO].count(), marks)
    return found


def _queues(at: datetime) -> Iterator[WatchedNumber]:
    for queue, (count, oldest) in due_by_queue(at=at).items():
        yield WatchedNumber("counterfoil_queue_due", count, {"queue": queue})
        yield WatchedNumber("counterfoil_queue_age_seconds", age(oldest, at=at), {"queue": queue})


def _parked() -> Iterator[WatchedNumber]:
    for _, kind, model in WORK:
        parked = model._default_manager.filter(state=WorkItem.State.PARKED)
        yield WatchedNumber("counterfoil_parked", parked[:COUNTED_TO].count(), {"kind": kind})
    # A later run that billed the same period leaves the earlier one's row as it was.
    accounts = BillRunItem.objects.filter(Q(state=BillRunItem.State.PARKED), run__finished_at=None)
    yield WatchedNumber("counterfoil_parked", accounts[:COUNTED_TO].count(), {"kind": "accounts"})
