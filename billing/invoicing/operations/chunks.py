"""Work through the chunks of bill runs: claimed by lease, billed in one transaction each.

A chunk's accounts are locked, rated and written, its items settled and the chunk completed by its
fencing token, all at once: a worker killed before the commit leaves nothing; after it, nothing is
left to do. No sender waits for it: usage is brought up to date before it begins, and it takes none
of ingest's locks, unless an account whose usage changes faster than that is alone in its chunk.

A chunk that fails is cut into smaller ones until what fails is alone. So one account is parked,
with the reason, and the others go on. What came from outside (a time limit, the database) parks
nobody.
"""

import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import DatabaseError, connection
from django.db.models import QuerySet
from msgspec.json import encode

from accounts.models import Account
from billing.invoicing.billed_time import close
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.drafting.drafts import InvoiceDraft
from billing.invoicing.drafting.late_usage import drafts
from billing.invoicing.models import BillRun, BillRunChunk, BillRunItem
from billing.invoicing.operations import invoices
from billing.invoicing.queries.after_the_end import without_subscription
from billing.invoicing.queries.due import calendars
from billing.invoicing.queries.empty_months import empty_before
from core import leases
from core.actor import Actor, acting_as
from core.collecting import uncollected
from core.db.transactions import transaction
from core.errors import DomainError
from core.interruptions import is_interruption
from core.isolating import isolated
from core.parking import why
from core.periods import Period
from eventing.publish import publish
from usage.derivation.refresh import refresh
from usage.operations.settling import settled
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
        except leases.LeaseLost:
            raise
        except Exception as problem:
            if not is_interruption(problem) and not _is_retryable(problem):
                raise
            _hand_back(chunk, problem, at=at)
            if is_interruption(problem):
                raise
    finish_if_done(run=chunk.run, at=at)


def _work_through(chunk: BillRunChunk, *, at: datetime) -> None:
    account_ids = set(_pending(chunk).values_list("account_id", flat=True))
    is_alone = len(account_ids) <= 1
    try:
        _bill_at_once(chunk, account_ids, at=at, is_alone=is_alone)
    except leases.LeaseLost:
        raise
    except Exception as problem:
        if is_interruption(problem) or (is_alone and _is_retryable(problem)):
            raise
        if not isinstance(problem, UsageUnsettled):
            logger.exception("bill_run_chunk_failed", extra={"chunk": chunk.pk})
        if is_alone:
            _bill_by_month(chunk, at=at)
        else:
            _cut(chunk, at=at)


def _bill_at_once(
    chunk: BillRunChunk, account_ids: Collection[int], *, at: datetime, is_alone: bool
) -> None:
    """Raises: UsageUnsettled, when usage was corrected faster than it could be read."""
    for race in range(1, LOST_RACES + 1):
        refresh(account_ids)
        try:
            with uncollected(), transaction():
                leases.hold(chunk)
                _bill(_locked(_pending(chunk)), run=chunk.run, at=at, is_alone=is_alone)
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
    for pk in list(_in_order(_pending(chunk)).values_list("pk", flat=True)):
        item = BillRunItem.objects.filter(pk=pk)
        try:
            with transaction():
                leases.hold(chunk)
                _bill(_locked(item), run=chunk.run, at=at, is_alone=True)
        except leases.LeaseLost:
            raise
        except Exception as problem:
            if is_interruption(problem) or _is_retryable(problem):
                raise
            with transaction():
                leases.hold(chunk)
                _settle([_parked(item.get(), problem)], at=at)
    with transaction():
        leases.complete(chunk, at=at)


def _is_retryable(problem: Exception) -> bool:
    return isinstance(problem, DomainError) and problem.retryable


def _hand_back(chunk: BillRunChunk, problem: Exception, *, at: datetime) -> None:
    """Make the chunk due again, later each time; what is worn in the end is cut or parked."""
    said = problem.message if isinstance(problem, DomainError) else _INTERRUPTED
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
            items = list(_in_order(_pending(chunk)))
            if len({item.account_id for item in items}) > 1:
                _move(items, chunk.run, pieces=len(items), at=at)
            else:
                problem = WorkerDied(f"{chunk.parked_reason}. Nothing was billed; retry it once.")
                _settle([_parked(item, problem) for item in items], at=at)
        finish_if_done(run=chunk.run, at=at)


def _not_given_up(chunk: BillRunChunk, problem: Exception) -> None:
    logger.error("bill_run_chunk_not_given_up", exc_info=problem, extra={"chunk": chunk.pk})


def _cut(chunk: BillRunChunk, *, at: datetime) -> None:
    with transaction():
        BillRun.objects.select_for_update().get(pk=chunk.run_id)
        leases.hold(chunk)
        _move(list(_in_order(_pending(chunk))), chunk.run, pieces=PIECES, at=at)
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


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What an item is settled as; the fields are the columns."""

    item_id: int
    state: str
    invoice_id: int | None = None
    empty_because: str = ""
    parked_code: str = ""
    parked_reason: str = ""


def _pending(chunk: BillRunChunk) -> QuerySet[BillRunItem]:
    return chunk.items.filter(state=BillRunItem.State.PENDING)


def _in_order(items: QuerySet[BillRunItem]) -> QuerySet[BillRunItem]:
    return items.order_by("period_from", "account_id")


def _locked(items: QuerySet[BillRunItem]) -> list[BillRunItem]:
    found = list(_in_order(items))
    accounts = Account.objects.filter(pk__one_of={item.account_id for item in found})
    list(accounts.select_for_update(no_key=True).order_by("pk").values_list("pk"))
    return _as_months_are(found)


def _as_months_are(items: list[BillRunItem]) -> list[BillRunItem]:
    """The items with the months their accounts have now: a zone may have changed since the run was
    planned, and from here on none can.
    """
    current = calendars({item.account_id for item in items})
    moved = []
    for item in items:
        planned = Period(item.period_from, item.period_until)
        calendar = current[item.account_id]
        n = calendar.number_at(planned.start + (planned.end - planned.start) / 2)
        if calendar.period(n) != planned:
            item.period_from, item.period_until = calendar.period(n).start, calendar.period(n).end
            item.zone = calendar.zone_of(n)
            moved.append(item)
    if moved:
        BillRunItem.objects.bulk_update(moved, ["period_from", "period_until", "zone"])
    return items


def _bill(items: Sequence[BillRunItem], *, run: BillRun, at: datetime, is_alone: bool) -> None:
    scopes = [_scope(item) for item in items]
    empty_months = empty_before(scopes, run) if run.issues and items else []
    draft = partial(drafts, scopes, reopened=empty_months)
    account_ids = {scope.account_id for scope in scopes}
    results = settled(account_ids, draft) if is_alone else draft()
    results = [_ended(result, run) for result in results]
    again = _reopened(items, list(zip(empty_months, results[len(items) :], strict=True)))
    items = [*items, *(item for item, _ in again)]
    results = [*results[: len(scopes)], *(result for _, result in again)]
    billed = [each for each in results if isinstance(each, InvoiceDraft) and each.shows_something]
    saved = iter(invoices.save_drafts(drafts=billed, at=at, issues=run.issues))
    outside = _outside(items, results)
    outcomes, empty = [], []
    for item, result in zip(items, results, strict=True):
        if isinstance(result, DomainError):
            outcomes.append(_parked(item, result))
        elif not result.shows_something:
            scope = _scope(item)
            because = _why_empty(result, is_outside=scope in outside)
            outcomes.append(_Outcome(item.pk, BillRunItem.State.EMPTY, empty_because=because))
            empty.append(scope)
        else:
            stored = next(saved)
            written = stored.changed or (run.issues and not stored.issued)
            state = BillRunItem.State.BILLED if written else BillRunItem.State.UNCHANGED
            outcomes.append(_Outcome(item.pk, state, stored.invoice_id))
    invoices.withdraw_drafts(empty)
    if run.issues:
        close([(scope.account_id, scope.period) for scope in empty if scope not in outside])
    _settle(outcomes, at=at)


def _ended(result: InvoiceDraft | DomainError, run: BillRun) -> InvoiceDraft | DomainError:
    """A month that a change of zone made longer since the run was planned waits for a later one."""
    if (
        isinstance(result, InvoiceDraft)
        and run.issues
        and result.period.end > run.as_of - run.grace
    ):
        return invoices.PeriodNotOver(
            f"The period ends at {result.period.end:%Y-%m-%d %H:%M} UTC by now, after what this "
            "run bills. A later run bills it."
        )
    return result


def _reopened(
    items: Sequence[BillRunItem],
    answers: Sequence[tuple[AccountPeriod, InvoiceDraft | DomainError]],
) -> list[tuple[BillRunItem, InvoiceDraft | DomainError]]:
    """Earlier months of these accounts that had come to nothing, and come to something by now: what
    was sent late for them goes on an invoice of their own, as there is none to correct.
    """
    found = [
        (scope, answer)
        for scope, answer in answers
        if isinstance(answer, DomainError) or answer.shows_something
    ]
    rows = BillRunItem.objects.bulk_create(
        BillRunItem(
            run_id=items[0].run_id,
            chunk_id=items[0].chunk_id,
            account_id=scope.account_id,
            period_from=scope.period.start,
            period_until=scope.period.end,
            zone=scope.zone,
        )
        for scope, _ in found
    )
    return [(row, answer) for row, (_, answer) in zip(rows, found, strict=True)]


def _outside(
    items: Sequence[BillRunItem], answers: Sequence[InvoiceDraft | DomainError]
) -> set[AccountPeriod]:
    """The periods that say nothing, not even a fee of 0.00, as nothing was subscribed in them."""
    blank = [
        _scope(item)
        for item, answer in zip(items, answers, strict=True)
        if isinstance(answer, InvoiceDraft) and not answer.lines
    ]
    return without_subscription(blank) if blank else set()


def _why_empty(draft: InvoiceDraft, *, is_outside: bool) -> str:
    if is_outside:
        return BillRunItem.Empty.NOT_SUBSCRIBED
    if any(line.unit_price != 0 for line in draft.lines):
        return BillRunItem.Empty.ROUNDS_AWAY
    free = draft.lines or draft.has_usage
    return BillRunItem.Empty.FREE if free else BillRunItem.Empty.NOTHING


def _scope(item: BillRunItem) -> AccountPeriod:
    return AccountPeriod(item.account_id, Period(item.period_from, item.period_until), item.zone)


def _parked(item: BillRunItem, problem: Exception) -> _Outcome:
    told = why(problem, item=item.pk)
    return _Outcome(
        item.pk,
        BillRunItem.State.PARKED,
        parked_code=told.code,
        parked_reason=told.sentence,
    )


def _settle(outcomes: Iterable[_Outcome], *, at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE invoicing_billrunitem AS item
            SET state = new.state, invoice_id = new.invoice_id, empty_because = new.empty_because,
                parked_code = new.parked_code, parked_reason = new.parked_reason, settled_at = %s
            FROM jsonb_to_recordset(%s::jsonb)
                AS new (item_id bigint, state text, invoice_id bigint, empty_because text,
                        parked_code text, parked_reason text)
            WHERE item.id = new.item_id
            """,
            [at, encode(list(outcomes)).decode()],
        )
