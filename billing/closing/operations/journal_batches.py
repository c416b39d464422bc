"""Export the journals of a month, each in one batch: asked again, the same batches come out.

A journal that is booked into the month afterwards leaves in the next batch: the difference.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

from billing.closing.models import BatchedJournal, JournalBatch
from billing.closing.months import BooksMonth
from billing.closing.queries.journal_file import bytes_of, lines_of
from billing.ledger.models import Journal
from core.actor import Actor
from core.db import locks
from core.db.bulk_rows import copy_rows
from core.db.transactions import transaction
from core.errors import Conflict
from core.ids import new_id
from eventing.publish import publish


class NothingToExport(Conflict):
    """Nothing is booked in the month."""

    code = "journals_none"
    title = "There is nothing to export"


def export(*, month: BooksMonth, at: datetime, by: Actor) -> list[JournalBatch]:
    """Put what is new of a month in a batch, and return every batch of it in order.

    Raises: NothingToExport.
    """
    with transaction():
        locks.alone("closing.journal_batches")
        new = list(
            Journal.objects.filter(
                effective_at__gte=month.starts_at,
                effective_at__lt=month.ends_at,
                batched__isnull=True,
            )
            .order_by("pk")
            .values_list("pk", flat=True)
        )
        known = list(JournalBatch.objects.filter(month_on=month.first_on).order_by("number"))
        if new:
            known.append(_batch(month, new, len(known) + 1, at=at, by=by))
    if not known:
        raise NothingToExport(f"Nothing is booked in {month}.")
    return known


def _batch(
    month: BooksMonth, journal_ids: list[int], number: int, *, at: datetime, by: Actor
) -> JournalBatch:
    public_id = new_id("jbt")
    batch = JournalBatch.objects.create(
        public_id=public_id,
        month_on=month.first_on,
        number=number,
        journal_count=len(journal_ids),
        sha256=sha256(bytes_of(lines_of(public_id, journal_ids))).hexdigest(),
        made_at=at,
        made_by=by.name,
    )
    copy_rows(BatchedJournal, ("batch_id", "journal_id"), ((batch.pk, pk) for pk in journal_ids))
    publish(
        "journals.exported",
        subject=public_id,
        payload={"month": str(month), "journals": len(journal_ids), "sha256": batch.sha256},
        at=at,
    )
    return batch
