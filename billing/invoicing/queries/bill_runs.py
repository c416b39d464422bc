"""Bill runs for the people who watch them: the list, what is parked and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db.models import Count, Min, OuterRef, Q, QuerySet, Subquery, Sum

from billing.invoicing.filters import ParkedFilters
from billing.invoicing.models import BillRun, BillRunItem, Invoice
from billing.invoicing.queries.invoices import Party
from core.db.keyset_pages import Page, PageOrder, Position, page_of
from core.errors import NotFound
from core.money import Money
from core.periods import Period

NEWEST_FIRST = PageOrder("started_at")
OLDEST_ITEM_FIRST = PageOrder("pk", descending=False, cursor="pk")


class BillRunNotFound(NotFound):
    """No bill run has this id."""

    code = "bill_run_not_found"
    title = "No such bill run"


@dataclass(frozen=True, slots=True)
class BillRunRow:
    """One bill run in a list."""

    public_id: str
    as_of: datetime
    started_at: datetime
    started_by: str
    reason: str
    issues: bool
    finished_at: datetime | None
    item_count: int
    settled_count: int
    parked_count: int

    @property
    def state(self) -> str:
        """running, finished, or parked: finished with accounts left over."""
        if self.finished_at is None:
            return "running"
        return "parked" if self.parked_count else "finished"


@dataclass(frozen=True, slots=True)
class ParkedItem:
    """One account and period that could not be billed, and the sentence that says why."""

    run: str
    account: Party
    period: Period
    zone: str
    code: str
    reason: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class ParkedReason:
    """How many periods are parked for one reason, and one of them in words.

    `last_billed` is what the last invoices of their accounts came to, by currency: the money that
    waits, where it is as much as before. `new_count` of the periods are of accounts without one.
    """

    code: str
    sample: str
    count: int
    last_billed: Sequence[Money]
    new_count: int


def find(public_id: str) -> BillRun:
    """The run with this id. Raises: BillRunNotFound."""
    run = BillRun.objects.filter(public_id=public_id[:64]).first()
    if run is None:
        raise BillRunNotFound(f"There is no bill run {public_id[:64]}.", wanted=public_id[:64])
    return run


def run_page(*, position: Position) -> Page[BillRunRow]:
    """Bill runs, newest first; at most three queries. Raises: UnknownCursor."""
    page = page_of(BillRun.objects.all(), order=NEWEST_FIRST, position=position, size=25)
    counts = _counts([run.pk for run in page.rows])
    return page.showing(lambda run: _row(run, counts.get(run.pk, {})))


def parked_page(
    *, position: Position, run: BillRun | None = None, filters: ParkedFilters | None = None
) -> Page[ParkedItem]:
    """Parked accounts, oldest first; at most two queries. Raises: UnknownCursor."""
    rows: QuerySet[BillRunItem] = BillRunItem.objects.filter(
        state=BillRunItem.State.PARKED
    ).select_related("account", "run")
    if run is not None:
        rows = rows.filter(run=run)
    if filters is not None:
        rows = filters.narrow(rows)
    return page_of(rows, order=OLDEST_ITEM_FIRST, position=position).showing(parked_item)


def parked_reasons(run: BillRun) -> list[ParkedReason]:
    """Why accounts of a run are parked, the most frequent reason first; one query."""
    return reasons_of(BillRunItem.objects.filter(run=run, state=BillRunItem.State.PARKED))


def reasons_of(items: QuerySet[BillRunItem]) -> list[ParkedReason]:
    """Parked items by reason, the most frequent first; one query."""
    before = Invoice.objects.filter(
        account=OuterRef("account"),
        kind=Invoice.Kind.PERIOD,
        state=Invoice.State.ISSUED,
        period_from__lt=OuterRef("period_from"),
    )
    last = before.order_by("-period_from").values("total_minor")[:1]
    rows = (
        items.annotate(last_minor=Subquery(last))
        .values_list("parked_code", "account__currency")
        .annotate(
            sample=Min("parked_reason"),
            count=Count("pk"),
            billed=Count("last_minor"),
            minor=Sum("last_minor", default=0),
        )
        .order_by("parked_code", "account__currency")
    )
    found = [_reason(code, list(group)) for code, group in groupby(rows, itemgetter(0))]
    return sorted(found, key=lambda reason: (-reason.count, reason.code))


def _reason(code: str, rows: Sequence[tuple[str, str, str, int, int, int]]) -> ParkedReason:
    count = sum(row[3] for row in rows)
    return ParkedReason(
        code=code,
        sample=min(row[2] for row in rows),
        count=count,
        last_billed=[Money.from_minor(row[5], row[1]) for row in rows if row[4]],
        new_count=count - sum(row[4] for row in rows),
    )


def find_parked(run: BillRun, account_id: str) -> BillRunItem:
    """The oldest parked item of an account in a run. Raises: BillRunNotFound."""
    found = (
        run.items.select_related("account", "run")
        .filter(account__public_id=account_id[:64], state=BillRunItem.State.PARKED)
        .order_by("period_from")
        .first()
    )
    if found is None:
        raise BillRunNotFound(
            "Nothing of this account is parked in the run.", wanted=account_id[:64]
        )
    return found


def parked_item(item: BillRunItem) -> ParkedItem:
    """A parked item, with its account and run loaded, as a list shows it."""
    return ParkedItem(
        run=item.run.public_id,
        account=Party(item.account.public_id, item.account.name),
        period=Period(item.period_from, item.period_until),
        zone=item.zone,
        code=item.parked_code,
        reason=item.parked_reason,
        since=item.settled_at,
    )


def _counts(run_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    pending, parked = Q(state=BillRunItem.State.PENDING), Q(state=BillRunItem.State.PARKED)
    rows = (
        BillRunItem.objects.filter(run_id__in=run_ids)
        .values("run_id")
        .annotate(
            all=Count("pk"),
            pending=Count("pk", filter=pending),
            parked=Count("pk", filter=parked),
        )
        .order_by()
    )
    return {row["run_id"]: dict(row) for row in rows}


def _row(run: BillRun, counts: dict[str, Any]) -> BillRunRow:
    total = counts.get("all", 0)
    return BillRunRow(
        public_id=run.public_id,
        as_of=run.as_of,
        started_at=run.started_at,
        started_by=run.started_by,
        reason=run.reason,
        issues=run.issues,
        finished_at=run.finished_at,
        item_count=total,
        settled_count=total - counts.get("pending", 0),
        parked_count=counts.get("parked", 0),
    )
