"""Bill runs: plan what is due, work through it in leased chunks, retry what was parked.

A chunk is one transaction: its accounts are locked, rated and written, its items settled and the
chunk completed by its fencing token. A worker killed before the commit leaves nothing; after it,
nothing is left to do. An account that cannot be billed is parked with the reason.
"""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import OperationalError, connection
from msgspec.json import encode

from accounts.models import Account
from billing.bulk import copy_rows
from billing.drafting.calendar import AccountPeriod
from billing.drafting.drafts import Draft
from billing.drafting.late import with_late_usage
from billing.drafting.rated import rated_drafts
from billing.models import BillRun, BillRunChunk, BillRunItem
from billing.operations import invoices
from billing.queries.due import due_periods
from core import leases
from core.actor import Actor, acting_as
from core.collecting import uncollected
from core.db.transactions import transaction
from core.errors import Conflict, DomainError
from core.periods import Period
from eventing.publish import publish

logger = logging.getLogger(__name__)

GRACE = timedelta(hours=24)
"""Time after the end of a period in which late usage still reaches the draft (domain.md)."""
CHUNK_ACCOUNTS = 1_000
"""Large enough that a task is worth its message, small enough to commit within a second or two."""
LEASE = timedelta(seconds=15)
"""How soon a dead worker's chunk is free again. A living one holds the row lock until it is done,
so a chunk that takes longer is not taken away."""


class NothingParked(Conflict):
    """The run has no parked item to retry."""

    code = "nothing_parked"
    title = "Nothing is parked"


class WorkerDied(DomainError):
    """Billing this account ended its worker, again and again."""

    code = "worker_died"
    title = "Billing this account ends its worker"


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

    With `issues` False the invoices stay drafts. `chunk_accounts` periods are billed in one
    transaction. Nothing is billed yet: workers do that.
    """
    due = due_periods(as_of=as_of, grace=grace, account_ids=account_ids)
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
        for number, first in enumerate(range(0, len(due), chunk_accounts)):
            _plan_chunk(run, number, due[first : first + chunk_accounts])
        publish(
            "bill_run.started",
            subject=run.public_id,
            payload={"as_of": as_of.isoformat(), "items": len(due)},
            at=at,
        )
    return run


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
            )
            for item in due
        ),
    )


def claim_chunk(*, at: datetime) -> BillRunChunk | None:
    """Lease the oldest due chunk of any run, or None when nothing is due."""
    chunks = BillRunChunk.objects.select_related("run")
    claimed = leases.claim(chunks, limit=1, at=at, lease_for=LEASE)
    return claimed[0] if claimed else None


def work(*, chunk: BillRunChunk, at: datetime) -> None:
    """Bill a claimed chunk. Raises: leases.LeaseLost when somebody else holds it by now.

    When the whole chunk fails for a reason that is not the database's, its accounts are billed one
    by one and only those that fail again are parked.
    """
    by = Actor.system("bill run")
    with acting_as(by, reason=chunk.run.reason):
        try:
            with uncollected(), transaction():
                leases.hold(chunk)
                _bill(_lock_items(chunk), run=chunk.run, at=at)
                leases.complete(chunk, at=at)
        except (OperationalError, leases.LeaseLost):
            raise
        except Exception:
            logger.exception("bill_run_chunk_failed", extra={"chunk": chunk.pk})
            _work_singly(chunk, at=at)
    finish_if_done(run=chunk.run, at=at)


def give_up_worn_chunks(*, at: datetime) -> int:
    """Settle chunks whose workers died each time; returns how many.

    A chunk of many accounts is cut into chunks of one, so that only the account that kills its
    worker is parked in the end.
    """
    worn = BillRunChunk.objects.filter(
        state=BillRunChunk.State.PARKED, items__state=BillRunItem.State.PENDING
    )
    chunks = list(worn.distinct().select_related("run"))
    for chunk in chunks:
        with transaction():
            BillRun.objects.select_for_update().get(pk=chunk.run_id)
            items = list(chunk.items.filter(state=BillRunItem.State.PENDING))
            if len(items) == 1:
                problem = WorkerDied(chunk.parked_reason)
                _settle([_parked(items[0], problem)], at=at)
                items = []
            for number, item in enumerate(items, start=chunk.run.chunks.count()):
                item.chunk = BillRunChunk.objects.create(
                    run=chunk.run, number=number, not_before=at
                )
                item.save(update_fields=["chunk"])
        finish_if_done(run=chunk.run, at=at)
    return len(chunks)


def retry_parked(*, run: BillRun, at: datetime, by: Actor, reason: str) -> int:
    """Put the parked items of a run back to work; returns how many. Raises: NothingParked."""
    with acting_as(by, reason=reason), transaction():
        locked = BillRun.objects.select_for_update().get(pk=run.pk)
        parked = locked.items.filter(state=BillRunItem.State.PARKED)
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


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What an item is settled as; the fields are the columns."""

    item_id: int
    state: str
    invoice_id: int | None = None
    parked_code: str = ""
    parked_reason: str = ""


def _lock_items(chunk: BillRunChunk) -> list[BillRunItem]:
    items = list(
        chunk.items.filter(state=BillRunItem.State.PENDING).order_by("period_from", "account_id")
    )
    accounts = Account.objects.filter(pk__one_of={item.account_id for item in items})
    list(accounts.select_for_update(no_key=True).order_by("pk").values_list("pk"))
    return items


def _bill(items: Sequence[BillRunItem], *, run: BillRun, at: datetime) -> None:
    scopes = [
        AccountPeriod(item.account_id, Period(item.period_from, item.period_until), item.zone)
        for item in items
    ]
    results = with_late_usage(scopes, rated_drafts(scopes))
    drafts = [result for result in results if isinstance(result, Draft) and result.lines]
    saved = iter(invoices.save_drafts(drafts=drafts, at=at, issues=run.issues))
    outcomes = []
    for item, result in zip(items, results, strict=True):
        if isinstance(result, DomainError):
            outcomes.append(_parked(item, result))
        elif not result.lines:
            outcomes.append(_Outcome(item.pk, BillRunItem.State.EMPTY))
        else:
            stored = next(saved)
            written = stored.changed or (run.issues and not stored.issued)
            state = BillRunItem.State.BILLED if written else BillRunItem.State.UNCHANGED
            outcomes.append(_Outcome(item.pk, state, stored.invoice_id))
    _settle(outcomes, at=at)


def _work_singly(chunk: BillRunChunk, *, at: datetime) -> None:
    with transaction():
        leases.hold(chunk)
        for item in _lock_items(chunk):
            try:
                with transaction():
                    _bill([item], run=chunk.run, at=at)
            except OperationalError:
                raise
            except Exception as problem:
                logger.exception("bill_run_account_parked", extra={"item": item.pk})
                _settle([_parked(item, problem)], at=at)
        leases.complete(chunk, at=at)


def _parked(item: BillRunItem, problem: Exception) -> _Outcome:
    code = problem.code if isinstance(problem, DomainError) else "unexpected_error"
    reason = str(problem) or type(problem).__name__
    return _Outcome(item.pk, BillRunItem.State.PARKED, None, code, reason)


def _settle(outcomes: Sequence[_Outcome], *, at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE billing_billrunitem AS item
            SET state = new.state, invoice_id = new.invoice_id, parked_code = new.parked_code,
                parked_reason = new.parked_reason, settled_at = %s
            FROM jsonb_to_recordset(%s::jsonb)
                AS new (item_id bigint, state text, invoice_id bigint, parked_code text,
                        parked_reason text)
            WHERE item.id = new.item_id
            """,
            [at, encode(outcomes).decode()],
        )
