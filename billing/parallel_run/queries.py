"""Parallel runs to read: a foreign bill against ours, by named reason, down to the row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet, Sum

from accounts.models import Account
from billing.invoicing.queries.invoices import Party
from billing.parallel_run.figures import EXACT
from billing.parallel_run.models import ImportUnderWay, ParallelRun, ParallelRunRow, ParallelRunSku
from billing.parallel_run.progress import Telling, is_one_at_work
from billing.parallel_run.reasons import DifferenceReason
from core.db.keyset_pages import Page, PageOrder, Position, page_of
from core.errors import NotFound

NEWEST_FIRST = PageOrder("ran_at")
FILE_ORDER = PageOrder("row_number", descending=False, cursor="row_number")
SKU_ORDER = PageOrder("pk", descending=False, cursor="pk")


class ParallelRunNotFound(NotFound):
    """No parallel run has this id."""

    code = "parallel_run_not_found"
    title = "No such parallel run"


@dataclass(frozen=True, slots=True)
class ParallelRunSummary:
    """One comparison in a list."""

    public_id: str
    file_name: str
    ran_at: datetime
    ran_by: str
    summary: Mapping[str, Any]
    has_passed: bool
    verdict: str


@dataclass(frozen=True, slots=True)
class UnderWay:
    """An import that has not ended; one that does not work any more was stopped."""

    file_name: str
    started_at: datetime
    started_by: str
    sentence: str
    is_at_work: bool


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """Rows with one reason in one currency, and what their differences come to."""

    reason: str
    words: str
    is_explanation: bool
    currency: str
    count: int
    difference: Decimal


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """One row of the file against ours; amounts are exact, None where there is none."""

    row_number: int
    account: Party | None
    currency: str
    sku: str
    description: str
    expected: Decimal | None
    ours: Decimal | None
    reason: str
    detail: str
    fate: str

    @property
    def difference(self) -> Decimal | None:
        """Ours − expected, where both are known."""
        return difference_of(self.expected, self.ours)


@dataclass(frozen=True, slots=True)
class ComparedSku:
    """All rows of one SKU at one price in one month, against our invoice line."""

    sku: str
    description: str
    account: Party | None
    currency: str
    list_price: str
    unit: str
    row_count: int
    billed_count: int
    expected: Decimal
    ours: Decimal
    reasons: Sequence[str]

    @property
    def difference(self) -> Decimal | None:
        """Ours − expected."""
        return difference_of(self.expected, self.ours)


def under_way() -> UnderWay | None:
    """The import that works just now, or that was stopped; two queries at most."""
    row = ImportUnderWay.objects.order_by("-pk").first()
    if row is None:
        return None
    at = Telling(row.file_name, ImportUnderWay.Step(row.step), row.rows_done, row.rows_total)
    return UnderWay(row.file_name, row.started_at, row.started_by, at.sentence, is_one_at_work())


def find(public_id: str) -> ParallelRun:
    """The comparison with this id. Raises: ParallelRunNotFound."""
    run = ParallelRun.objects.filter(public_id=public_id[:64]).first()
    if run is None:
        raise ParallelRunNotFound(
            f"There is no parallel run {public_id[:64]}.", wanted=public_id[:64]
        )
    return run


def run_page(*, position: Position) -> Page[ParallelRunSummary]:
    """Comparisons, newest first; at most two queries. Raises: UnknownCursor."""
    runs = ParallelRun.objects.all()
    return page_of(runs, order=NEWEST_FIRST, position=position, size=25).showing(run_row)


def run_row(run: ParallelRun) -> ParallelRunSummary:
    """A comparison as a list shows it."""
    return ParallelRunSummary(
        public_id=run.public_id,
        file_name=run.file_name,
        ran_at=run.ran_at,
        ran_by=run.ran_by,
        summary=run.summary,
        has_passed=run.has_passed,
        verdict=run.verdict,
    )


def reasons(run: ParallelRun) -> list[ReasonRow]:
    """Rows by named reason of their difference, largest group first; one query."""
    rows = (
        run.rows.values("difference_reason", "currency")
        .annotate(count=Count("pk"), expected=Sum("expected_amount"), ours=Sum("our_amount"))
        .order_by("-count", "difference_reason", "currency")
    )
    return [
        ReasonRow(
            reason=row["difference_reason"],
            words=_words(row["difference_reason"]),
            is_explanation=_is_explanation(row["difference_reason"]),
            currency=row["currency"],
            count=row["count"],
            difference=(row["ours"] or Decimal(0)) - (row["expected"] or Decimal(0)),
        )
        for row in rows
    ]


def compared_rows(
    run: ParallelRun, *, position: Position, reason: str | None = None, only_different: bool = False
) -> Page[ComparedRow]:
    """Rows in the order of the file; at most two queries. Raises: UnknownCursor."""
    rows: QuerySet[ParallelRunRow] = run.rows.select_related("account")
    if reason is not None:
        rows = rows.filter(difference_reason=reason)
    if only_different:
        rows = rows.exclude(difference_reason="")
    return page_of(rows, order=FILE_ORDER, position=position).showing(_row)


def compared_skus(run: ParallelRun, *, position: Position) -> Page[ComparedSku]:
    """SKUs in the order they were compared; at most two queries. Raises: UnknownCursor."""
    rows: QuerySet[ParallelRunSku] = run.skus.select_related("account")
    return page_of(rows, order=SKU_ORDER, position=position).showing(_sku)


def difference_of(expected: Decimal | None, ours: Decimal | None) -> Decimal | None:
    """Ours − expected, exactly; None where one is unknown."""
    if expected is None or ours is None:
        return None
    return EXACT.subtract(ours, expected)


def _row(row: ParallelRunRow) -> ComparedRow:
    return ComparedRow(
        row_number=row.row_number,
        account=_party(row.account),
        currency=row.currency,
        sku=row.sku,
        description=row.description,
        expected=row.expected_amount,
        ours=row.our_amount,
        reason=_words(row.difference_reason),
        detail=row.detail,
        fate=row.get_fate_display(),
    )


def _sku(sku: ParallelRunSku) -> ComparedSku:
    return ComparedSku(
        sku=sku.sku,
        description=sku.description,
        account=_party(sku.account),
        currency=sku.currency,
        list_price=sku.list_price,
        unit=sku.unit,
        row_count=sku.row_count,
        billed_count=sku.billed_count,
        expected=sku.expected_amount,
        ours=sku.our_amount,
        reasons=[_words(reason) for reason in sku.differences],
    )


def _party(account: Account | None) -> Party | None:
    return Party(account.public_id, account.name) if account else None


def _words(reason: str) -> str:
    return DifferenceReason(reason).words if reason else "No difference"


def _is_explanation(reason: str) -> bool:
    return not reason or DifferenceReason(reason).is_explanation
