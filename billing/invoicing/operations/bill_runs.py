"""Bill runs: plan what is due, in chunks that workers lease; retry what was parked.

How a chunk is worked through is in `billing.invoicing.operations.chunks`.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta

from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.models import BillRun, BillRunChunk, BillRunItem
from billing.invoicing.operations.chunks import LEASE, claim_chunk, give_up_worn_chunks, work
from billing.invoicing.operations.run_plan import plan
from core.actor import Actor, acting_as
from core.db.bulk_rows import copy_rows
from core.db.transactions import transaction
from core.errors import Conflict
from eventing.publish import publish

__all__ = [
    "GRACE",
    "LEASE",
    "NothingParked",
    "claim_chunk",
    "give_up_worn_chunks",
    "retry_parked",
    "start",
    "work",
]

GRACE = timedelta(hours=24)
"""Time after the end of a period in which late usage still reaches the draft (domain.md)."""
CHUNK_ACCOUNTS = 1_000
"""Large enough that a task is worth its message, small enough to commit within a second or two."""


class NothingParked(Conflict):
    """The run has no parked item to retry."""

    code = "nothing_parked"
    title = "Nothing is parked"


def start(
    *,
    as_of: datetime,
    at: datetime,
    by: Actor,
    reason: str,
    grace: timedelta = GRACE,
    issues: bool = True,
    account_ids: Collection[int] | None = None,
    chunk_accounts: int = CHUNK_ACCOUNTS,
) -> BillRun:
    """Plan a run over every due period that ended `grace` before `as_of`.

    With `issues` False the invoices stay drafts. About `chunk_accounts` periods are billed in one
    transaction. Nothing is billed yet: workers do that. Raises: RunInFuture, GraceOutOfBounds.
    """
    due = plan(as_of=as_of, at=at, grace=grace, issues=issues, account_ids=account_ids).items
    with acting_as(by, reason=reason), transaction():
        run = BillRun.objects.create(
            as_of=as_of,
            grace=grace,
            issues=issues,
            started_at=at,
            started_by=by.name,
            reason=reason,
            finished_at=None if due else at,
        )
        for number, items in enumerate(_shares(due, size=chunk_accounts)):
            _plan_chunk(run, number, items)
        publish(
            "bill_run.started",
            subject=run.public_id,
            payload={"as_of": as_of.isoformat(), "items": len(due)},
            at=at,
        )
    return run


def _shares(due: Sequence[AccountPeriod], *, size: int) -> Iterator[list[AccountPeriod]]:
    """What is due in shares of about that size. An account's periods stay together, since each of
    its bills may say what the one before it left over."""
    by_account: dict[int, list[AccountPeriod]] = {}
    for each in due:
        by_account.setdefault(each.account_id, []).append(each)
    share: list[AccountPeriod] = []
    for periods in by_account.values():
        share += periods
        if len(share) >= size:
            yield share
            share = []
    if share:
        yield share


def _plan_chunk(run: BillRun, number: int, due: Sequence[AccountPeriod]) -> None:
    chunk = BillRunChunk.objects.create(run=run, number=number, not_before=run.started_at)
    copy_rows(
        BillRunItem,
        (
            "run_id",
            "chunk_id",
            "account_id",
            "period_from",
            "period_until",
            "zone",
            "state",
            "empty_because",
            "parked_code",
            "parked_reason",
        ),
        (
            (
                run.pk,
                chunk.pk,
                item.account_id,
                item.period.start,
                item.period.end,
                item.zone,
                BillRunItem.State.PENDING.value,
                "",
                "",
                "",
            )
            for item in due
        ),
    )


def retry_parked(
    *,
    run: BillRun,
    at: datetime,
    by: Actor,
    reason: str,
    item_ids: Collection[int] | None = None,
) -> int:
    """Put the parked items of a run, or some of them, back to work; returns how many.

    Raises: NothingParked.
    """
    with acting_as(by, reason=reason), transaction():
        locked = BillRun.objects.select_for_update().get(pk=run.pk)
        parked = locked.items.filter(state=BillRunItem.State.PARKED)
        if item_ids is not None:
            parked = parked.filter(pk__in=item_ids)
        if not parked.exists():
            raise NothingParked("No account of this run is parked.", run=run.public_id)
        chunk = BillRunChunk.objects.create(run=locked, number=locked.chunks.count(), not_before=at)
        count = parked.update(
            chunk=chunk,
            state=BillRunItem.State.PENDING,
            parked_code="",
            parked_reason="",
            settled_at=None,
        )
        locked.finished_at = None
        locked.save(update_fields=["finished_at"])
        publish(
            "bill_run.parked_retried",
            subject=run.public_id,
            payload={"items": count, "by": by.name, "reason": reason},
            at=at,
        )
    return count
