"""The open backfill a sender reports under, and that it stays open while that is stored."""

from __future__ import annotations

from collections.abc import Iterable

from core.db.locks import share
from core.errors import Conflict
from usage.models import Backfill, Receipt
from usage.queries.backfills import BackfillNotFound


class BackfillClosed(Conflict):
    """The backfill is closed or taken back."""

    code = "backfill_closed"
    title = "The backfill is closed"


def open_for(partner_id: int, public_id: str) -> Backfill:
    """The open backfill a partner may send events for; one query.

    Raises: BackfillNotFound, BackfillClosed.
    """
    backfill = (
        Backfill.objects.select_related("source", "resource")
        .filter(public_id=public_id, source__partner_id=partner_id)
        .first()
    )
    if backfill is None:
        raise BackfillNotFound("None of your sources has such a backfill.")
    if backfill.closed_at is not None:
        raise BackfillClosed(f"Backfill {backfill.public_id} is closed.")
    return backfill


def keep_open(backfill: Backfill) -> None:
    """Let nobody close or take back the backfill until the transaction ends; many may do so.

    First of all locks: whoever takes it back waits for what is being booked, and then sees it.
    Raises: BackfillClosed, NoTransaction.
    """
    share(Backfill.objects.filter(pk=backfill.pk))
    if Backfill.objects.filter(pk=backfill.pk, closed_at__isnull=False).exists():
        raise BackfillClosed(f"Backfill {backfill.public_id} is closed.")


def keep_from_being_taken_back(receipt_ids: Iterable[int]) -> None:
    """Hold the backfills these receipts came in under, if any, until the transaction ends.

    What was held and is released then still counts when one of them is taken back, or is dropped
    before. First of all locks. Raises: NoTransaction.
    """
    theirs = Receipt.objects.filter(pk__one_of=set(receipt_ids), backfill__isnull=False)
    share(Backfill.objects.filter(pk__in=theirs.values("backfill")))
