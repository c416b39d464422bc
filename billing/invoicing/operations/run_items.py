"""Bill the items of a run: lock their accounts, draft, write, and say what became of each.

One call is part of the caller's transaction. Which items are billed together, and what becomes of
those that fail, is in `billing.invoicing.operations.chunks`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import groupby

from django.db import connection
from django.db.models import QuerySet
from msgspec.json import encode

from accounts.models import Account
from billing.invoicing.billed_time import close
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.drafting.drafts import InvoiceDraft
from billing.invoicing.drafting.late_usage import drafts
from billing.invoicing.models import BillRun, BillRunItem, InvoiceTerms
from billing.invoicing.operations.invoices import PeriodNotOver
from billing.invoicing.operations.stored_drafts import Saved, save_drafts, withdraw_drafts
from billing.invoicing.queries.after_the_end import without_subscription
from billing.invoicing.queries.due import calendar_of, calendars
from billing.invoicing.queries.empty_months import empty_before
from billing.invoicing.queries.gates import held_back
from billing.licences.operations.buckets import Written, hold_pools
from billing.licences.operations.window_closing import REASON, close_windows
from billing.licences.queries.pools import rolling_commitments
from core.actor import current_actor
from core.errors import DomainError
from core.parking import why
from core.periods import Period
from usage.operations.settling import settled


@dataclass(frozen=True, slots=True)
class ItemOutcome:
    """What an item is settled as; the fields are the columns."""

    item_id: int
    state: str
    invoice_id: int | None = None
    empty_because: str = ""
    parked_code: str = ""
    parked_reason: str = ""


def in_order(items: QuerySet[BillRunItem]) -> QuerySet[BillRunItem]:
    """Items as they are billed and numbered: by month, then account."""
    return items.order_by("period_from", "account_id")


def locked(items: QuerySet[BillRunItem]) -> list[BillRunItem]:
    """Items in order, their accounts locked, with the months that those have now.

    Raises: MonthsUnknown.
    """
    found = list(in_order(items))
    accounts = Account.objects.filter(pk__one_of={item.account_id for item in found})
    ids = accounts.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True)
    hold_pools(list(ids))
    return _as_months_are(found)


def _as_months_are(items: list[BillRunItem]) -> list[BillRunItem]:
    """The items with the months their accounts have now: a zone may have changed since the run was
    planned, and from here on none can.
    """
    current = calendars({item.account_id for item in items})
    moved = []
    for item in items:
        planned = Period(item.period_from, item.period_until)
        calendar = calendar_of(current, item.account_id)
        n = calendar.number_at(planned.start + (planned.end - planned.start) / 2)
        if calendar.period(n) != planned:
            item.period_from, item.period_until = calendar.period(n).start, calendar.period(n).end
            item.zone = calendar.zone_of(n)
            moved.append(item)
    if moved:
        BillRunItem.objects.bulk_update(moved, ["period_from", "period_until", "zone"])
    return items


def bill(items: Sequence[BillRunItem], *, run: BillRun, at: datetime, is_alone: bool) -> None:
    """Bill items of locked accounts, in their order, and settle them; inside the caller's
    transaction. Bookings of an account that `is_alone` wait until it ends.

    Where units of a pool roll on, month by month: what a window leaves over is known only when it
    is billed. Raises: UsageUnsettled, and what keeps all of them from being written.
    """
    rolling = rolling_commitments({item.account_id for item in items}) if run.issues else []
    if not rolling:
        _bill(items, run=run, at=at, is_alone=is_alone)
        return
    written = Written(at, current_actor(), REASON)
    for _, month in groupby(items, key=lambda item: item.period_from):
        close_windows(rolling, written)
        _bill(list(month), run=run, at=at, is_alone=is_alone)


def _bill(items: Sequence[BillRunItem], *, run: BillRun, at: datetime, is_alone: bool) -> None:
    scopes = [_scope(item) for item in items]
    empty_months = empty_before(scopes, run) if run.issues and items else []
    draft = partial(drafts, scopes, reopened=empty_months, issued_at=at)
    account_ids = {scope.account_id for scope in scopes}
    results = settled(account_ids, draft) if is_alone else draft()
    results = _let_pass([_ended(result, run) for result in results], run)
    again = _reopened(items, list(zip(empty_months, results[len(items) :], strict=True)))
    items = [*items, *(item for item, _ in again)]
    results = [*results[: len(scopes)], *(result for _, result in again)]
    billed = [each for each in results if isinstance(each, InvoiceDraft) and each.shows_something]
    saved = iter(_saved(billed, run=run, at=at))
    outside = _outside(items, results)
    outcomes, empty = [], []
    for item, result in zip(items, results, strict=True):
        if isinstance(result, DomainError):
            outcomes.append(parked(item, result))
        elif not result.shows_something:
            scope = _scope(item)
            because = _why_empty(result, is_outside=scope in outside)
            outcomes.append(ItemOutcome(item.pk, BillRunItem.State.EMPTY, empty_because=because))
            empty.append(scope)
        else:
            stored = next(saved)
            written = stored.changed or (run.issues and not stored.issued)
            state = BillRunItem.State.BILLED if written else BillRunItem.State.UNCHANGED
            outcomes.append(ItemOutcome(item.pk, state, stored.invoice_id))
    withdraw_drafts(empty)
    if run.issues:
        close([(scope.account_id, scope.period) for scope in empty if scope not in outside])
    settle(outcomes, at=at)


def _let_pass(
    results: Sequence[InvoiceDraft | DomainError], run: BillRun
) -> list[InvoiceDraft | DomainError]:
    """The results, those that a gate keeps back as the reason; drafts are only looked at."""
    drafted = [each for each in results if isinstance(each, InvoiceDraft)] if run.issues else []
    if not drafted:
        return list(results)
    problems = held_back(drafted, run=run)
    judged = iter(problems.get(position, each) for position, each in enumerate(drafted))
    return [next(judged) if isinstance(each, InvoiceDraft) else each for each in results]


def _saved(drafted: Sequence[InvoiceDraft], *, run: BillRun, at: datetime) -> list[Saved]:
    """Drafts as they are stored, in order. Those of a payer that has one invoice for all wait for
    the others as drafts (`consolidations`).
    """
    waits = set()
    if run.issues and drafted:
        payers = {draft.payer_id for draft in drafted}
        rows = InvoiceTerms.objects.filter(account_id__one_of=payers, consolidates=True)
        waits = set(rows.values_list("account_id", flat=True))
    if not waits:
        return save_drafts(drafts=drafted, at=at, issues=run.issues)
    waiting = [draft for draft in drafted if draft.payer_id in waits]
    others = [draft for draft in drafted if draft.payer_id not in waits]
    kept = iter(save_drafts(drafts=waiting, at=at))
    issued = iter(save_drafts(drafts=others, at=at, issues=True))
    return [next(kept) if draft.payer_id in waits else next(issued) for draft in drafted]


def _ended(result: InvoiceDraft | DomainError, run: BillRun) -> InvoiceDraft | DomainError:
    """A month that a change of zone made longer since the run was planned waits for a later one."""
    if (
        isinstance(result, InvoiceDraft)
        and run.issues
        and result.period.end > run.as_of - run.grace
    ):
        return PeriodNotOver(
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


def parked(item: BillRunItem, problem: Exception) -> ItemOutcome:
    """An item set aside, with the reason."""
    told = why(problem, item=item.pk)
    return ItemOutcome(
        item.pk,
        BillRunItem.State.PARKED,
        parked_code=told.code,
        parked_reason=told.sentence,
    )


def settle(outcomes: Iterable[ItemOutcome], *, at: datetime) -> None:
    """Write down what became of items."""
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
