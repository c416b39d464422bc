"""Work through the chunks of bill runs: claimed by lease, billed in one transaction each.

A chunk's accounts are locked, rated and written, its items settled and the chunk completed by its
fencing token, all at once: a worker killed before the commit leaves nothing; after it, nothing is
left to do. No sender waits for it: usage is brought up to date before it begins, and it takes none
of ingest's locks, unless an account whose usage changes faster than that is alone in its chunk.

A chunk that fails is cut into smaller ones until what fails is alone. So one account is parked,
with the reason, and the others go on. What came from outside (a time limit, the database) parks
nobody. How its items are billed is in `billing.invoicing.operations.run_items`.
"""

import logging
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import partial

from django.db import DatabaseError
from django.db.models import QuerySet

from billing.invoicing.models import BillRun, BillRunChunk, BillRunItem
from billing.invoicing.operations import run_items
from billing.invoicing.operations.consolidations import consolidate_all
from core import leases
from core.actor import Actor, acting_as
from core.collecting import uncollected
from core.db.transactions import transaction
from core.errors import DomainError
from core.interruptions import is_interruption
from core.isolating import isolated
from eventing.publish import publish
from usage.derivation.refresh import refresh
from usage.queries.quantities import UsageUnsettled

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=15)
"""How soon a dead worker's chunk is free again. A living one holds the row lock until it is done,
so a chunk that takes longer is not taken away."""
PIECES = 10
"""Into how many a failing chunk is cut: of a thousand accounts, one is found in four steps."""
LOST_RACES = 3
"""How often a chunk is begun again because usage was corrected between bringing it up to date and
reading it; then it is cut, too."""

_INTERRUPTED = "its worker ran out of time, or the database could not be asked"


class WorkerDied(DomainError):
    """Billing this account ended its worker, or took it longer than it may, again and again."""

    code = "worker_died"
    title = "Billing this account ends its worker"


def claim_chunk(*, at: datetime) -> BillRunChunk | None:
    """Lease the oldest due chunk of any run, or None when nothing is due."""
    chunks = BillRunChunk.objects.select_related("run")
    claimed = leases.claim(chunks, limit=1, at=at, lease_for=LEASE)
    return claimed[0] if claimed else None


def work(*, chunk: BillRunChunk, at: datetime) -> None:
    """Bill a claimed chunk. Raises: leases.LeaseLost when somebody else holds it by now, and what
    interrupted it; then the chunk is due again.

    A chunk that fails for any other reason is cut: its pieces are due at once. The account of a
    chunk that has no other is billed month by month, and the months that fail again are parked.
    """
    with acting_as(Actor.system("bill run"), reason=chunk.run.reason):
        try:
            _work_through(chunk, at=at)
        except UsageUnsettled as problem:
            _hand_back(chunk, problem.message, at=at)
        except Exception as problem:
            if is_interruption(problem):
                _hand_back(chunk, _INTERRUPTED, at=at)
            raise
    if finish_if_done(run=chunk.run, at=at) and chunk.run.issues:
        consolidate_all(at=at, by=Actor.system("bill run"), reason=chunk.run.reason)


def _work_through(chunk: BillRunChunk, *, at: datetime) -> None:
    account_ids = set(_pending(chunk).values_list("account_id", flat=True))
    is_alone = len(account_ids) <= 1

    def bill(_: Sequence[BillRunChunk]) -> None:
        _bill_at_once(chunk, account_ids, at=at, is_alone=is_alone)

    def fails(_: BillRunChunk, problem: Exception) -> None:
        if not isinstance(problem, UsageUnsettled):
            logger.error("bill_run_chunk_failed", exc_info=problem, extra={"chunk": chunk.pk})
        if is_alone:
            _bill_by_month(chunk, at=at)
        else:
            _cut(chunk, at=at)

    raises = (leases.LeaseLost, UsageUnsettled) if is_alone else (leases.LeaseLost,)
    isolated([chunk], bill, set_aside=fails, raises=raises)


def _bill_at_once(
    chunk: BillRunChunk, account_ids: Collection[int], *, at: datetime, is_alone: bool
) -> None:
    """Raises: UsageUnsettled, when usage was corrected faster than it could be read."""
    for race in range(1, LOST_RACES + 1):
        refresh(account_ids)
        try:
            with uncollected(), transaction():
                leases.hold(chunk)
                items = run_items.locked(_pending(chunk))
                run_items.bill(items, run=chunk.run, at=at, is_alone=is_alone)
                leases.complete(chunk, at=at)
        except UsageUnsettled:
            if race == LOST_RACES:
                raise
        else:
            return


def _bill_by_month(chunk: BillRunChunk, *, at: datetime) -> None:
    """The months of a chunk's only account, each in a transaction of its own: the number series is
    held for one invoice at a time.
    """

    def bill(ids: Sequence[int]) -> None:
        with transaction():
            leases.hold(chunk)
            months = BillRunItem.objects.filter(pk__one_of=ids)
            run_items.bill(run_items.locked(months), run=chunk.run, at=at, is_alone=True)

    def park(pk: int, problem: Exception) -> None:
        with transaction():
            leases.hold(chunk)
            run_items.settle([run_items.parked(_pending(chunk).get(pk=pk), problem)], at=at)

    for pk in list(run_items.in_order(_pending(chunk)).values_list("pk", flat=True)):
        isolated([pk], bill, set_aside=park, raises=(leases.LeaseLost, UsageUnsettled))
    with transaction():
        leases.complete(chunk, at=at)


def _hand_back(chunk: BillRunChunk, said: str, *, at: datetime) -> None:
    """Make the chunk due again, later each time; what is worn in the end is cut or parked."""
    try:
        with transaction():
            leases.fail(chunk, error=said, at=at)
    except (DatabaseError, leases.LeaseLost):
        # Nothing is lost: it is free when its lease runs out.
        logger.warning("bill_run_chunk_not_handed_back", extra={"chunk": chunk.pk})


def give_up_worn_chunks(*, at: datetime) -> int:
    """Settle chunks that nobody could work to an end; returns how many.

    One of many accounts is cut, so that only the account that ends its worker is parked at last.
    """
    worn = BillRunChunk.objects.filter(
        state=BillRunChunk.State.PARKED, items__state=BillRunItem.State.PENDING
    )
    chunks = worn.distinct().select_related("run")
    # One that cannot be settled waits for the next ring, and no other with it.
    give_up = partial(_give_up, at=at)
    return sum(isolated([chunk], give_up, set_aside=_not_given_up) for chunk in chunks)


def _give_up(chunks: Sequence[BillRunChunk], *, at: datetime) -> None:
    for chunk in chunks:
        with transaction():
            BillRun.objects.select_for_update().get(pk=chunk.run_id)
            items = list(run_items.in_order(_pending(chunk)))
            if len({item.account_id for item in items}) > 1:
                _move(items, chunk.run, pieces=len(items), at=at)
            else:
                problem = WorkerDied(f"{chunk.parked_reason}. Nothing was billed; retry it once.")
                run_items.settle([run_items.parked(item, problem) for item in items], at=at)
        finish_if_done(run=chunk.run, at=at)


def _not_given_up(chunk: BillRunChunk, problem: Exception) -> None:
    logger.error("bill_run_chunk_not_given_up", exc_info=problem, extra={"chunk": chunk.pk})


def _cut(chunk: BillRunChunk, *, at: datetime) -> None:
    with transaction():
        BillRun.objects.select_for_update().get(pk=chunk.run_id)
        leases.hold(chunk)
        _move(list(run_items.in_order(_pending(chunk))), chunk.run, pieces=PIECES, at=at)
        leases.complete(chunk, at=at)


def _move(items: Sequence[BillRunItem], run: BillRun, *, pieces: int, at: datetime) -> None:
    """Give items to new chunks of a locked run; the months of an account stay together."""
    account_ids = list(dict.fromkeys(item.account_id for item in items))
    size = -(-len(account_ids) // pieces)
    number = run.chunks.count()
    for first in range(0, len(account_ids), size):
        piece = BillRunChunk.objects.create(run=run, number=number, not_before=at)
        mine = set(account_ids[first : first + size])
        moved = [item.pk for item in items if item.account_id in mine]
        BillRunItem.objects.filter(pk__one_of=moved).update(chunk=piece)
        number += 1


def finish_if_done(*, run: BillRun, at: datetime) -> bool:
    """Mark a run finished when no item is pending; true for whoever marks it."""
    with transaction():
        locked = BillRun.objects.select_for_update().get(pk=run.pk)
        if locked.finished_at or locked.items.filter(state=BillRunItem.State.PENDING).exists():
            return False
        locked.finished_at = at
        locked.save(update_fields=["finished_at"])
        publish("bill_run.finished", subject=locked.public_id, payload={}, at=at)
    return True


def _pending(chunk: BillRunChunk) -> QuerySet[BillRunItem]:
    return chunk.items.filter(state=BillRunItem.State.PENDING)
