"""Parallel runs to read: a foreign bill against ours, by named reason, down to the row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from billing.models import ParallelRun, ParallelRunRow
from billing.queries.invoices import Party
from billing.queries.paging import Order, Page, Position, page_of
from core.errors import NotFound
from core.money import Money

NEWEST_FIRST = Order("ran_at")
FILE_ORDER = Order("row_number", descending=False, cursor="row_number")


class ParallelRunNotFound(NotFound):
    """No parallel run has this id."""

    code = "parallel_run_not_found"
    title = "No such parallel run"


@dataclass(frozen=True, slots=True)
class RunRow:
    """One comparison in a list."""

    public_id: str
    file_name: str
    ran_at: datetime
    ran_by: str
    summary: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """Differences with one name: how many rows, and what they come to in all."""

    reason: str
    count: int
    expected: Money
    ours: Money
    difference: Money


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """One row of the file against ours."""

    row_number: int
    account: Party | None
    sku: str
    description: str
    event_id: str
    expected: Money
    ours: Money | None
    difference: Money | None
    reason: str
    fate: str


def find(public_id: str) -> ParallelRun:
    """The comparison with this id. Raises: ParallelRunNotFound."""
    run = ParallelRun.objects.filter(public_id=public_id[:64]).first()
    if run is None:
        raise ParallelRunNotFound(
            f"There is no parallel run {public_id[:64]}.", wanted=public_id[:64]
        )
    return run


def run_page(*, position: Position) -> Page[RunRow]:
    """Comparisons, newest first; at most two queries. Raises: UnknownCursor."""
    runs = ParallelRun.objects.all()
    return page_of(runs, order=NEWEST_FIRST, position=position, size=25).showing(run_row)


def run_row(run: ParallelRun) -> RunRow:
    """A comparison as a list shows it."""
    return RunRow(run.public_id, run.file_name, run.ran_at, run.ran_by, run.summary)


def reasons(run: ParallelRun) -> list[ReasonRow]:
    """Rows by named reason of their difference, largest group first; one query."""
    rows = (
        run.rows.values("difference_reason")
        .annotate(count=Count("pk"), expected=Sum("expected_amount"), ours=Sum("our_amount"))
        .order_by("-count", "difference_reason")
    )
    return [_reason_row(row, run.currency) for row in rows]


def compared_page(
    run: ParallelRun, *, position: Position, reason: str | None = None, only_different: bool = False
) -> Page[ComparedRow]:
    """Rows in the order of the file; at most two queries. Raises: UnknownCursor."""
    rows: QuerySet[ParallelRunRow] = run.rows.select_related("account")
    if reason is not None:
        rows = rows.filter(difference_reason=reason)
    if only_different:
        rows = rows.filter(~Q(our_amount=F("expected_amount")) | Q(our_amount__isnull=True))
    page = page_of(rows, order=FILE_ORDER, position=position)
    return page.showing(lambda row: _compared(row, run.currency))


def _reason_row(row: Mapping[str, Any], currency: str) -> ReasonRow:
    expected = _money(row["expected"] or Decimal(0), currency)
    ours = _money(row["ours"] or Decimal(0), currency)
    return ReasonRow(row["difference_reason"], row["count"], expected, ours, ours - expected)


def _compared(row: ParallelRunRow, currency: str) -> ComparedRow:
    expected = _money(row.expected_amount, currency)
    ours = None if row.our_amount is None else _money(row.our_amount, currency)
    return ComparedRow(
        row_number=row.row_number,
        account=Party(row.account.public_id, row.account.name) if row.account else None,
        sku=row.sku,
        description=row.description,
        event_id=row.event_id,
        expected=expected,
        ours=ours,
        difference=None if ours is None else ours - expected,
        reason=row.difference_reason,
        fate=row.get_fate_display(),
    )


def _money(amount: Decimal, currency: str) -> Money:
    return Money(amount, currency)
