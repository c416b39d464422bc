"""Batches of credits as they are read: the list, one with its sums, and its lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from billing.disputes.models import CreditBatch, CreditBatchRow
from core.db.keyset_pages import Page, PageOrder, Position, page_of
from core.errors import NotFound
from core.money import Money

NEWEST_FIRST = PageOrder("drafted_at")
IN_ORDER = PageOrder("pk", descending=False, cursor="pk", then=())


class CreditBatchNotFound(NotFound):
    """There is no such batch."""

    code = "credit_batch_not_found"
    title = "There is no such batch"


@dataclass(frozen=True, slots=True)
class BatchSums:
    """What a batch comes to in one currency: with tax, and how many invoices and accounts."""

    accounts: int
    invoices: int
    credit: Money
    gross: Money
    waiting: Money
    put_forward: Money
    settled: Money


@dataclass(frozen=True, slots=True)
class BatchProgress:
    """How far the working out is, and what is left to put forward; numbers of lines."""

    lines: int
    worked: int
    set_aside: int
    nothing: int
    left_out: int
    waiting: int
    put_forward: int
    settled: int

    @property
    def is_worked(self) -> bool:
        """Whether nothing is being worked out any more."""
        return self.worked + self.set_aside >= self.lines


@dataclass(frozen=True, slots=True)
class BatchDetail:
    """One batch."""

    batch: CreditBatch
    progress: BatchProgress
    sums: Sequence[BatchSums]


_WORTH = Q(state="done", credit_minor__gt=0, left_out_because="")
_WAITING = _WORTH & Q(proposal="")
_PUT = _WORTH & ~Q(proposal="") & Q(settled_by="")
_SETTLED = ~Q(settled_by="")


def find_batch(public_id: str) -> CreditBatch:
    """A batch by its id. Raises: CreditBatchNotFound."""
    found = _batches().filter(public_id=public_id[:64]).first()
    if found is None:
        raise CreditBatchNotFound(f"There is no batch {public_id[:64]}.", wanted=public_id[:64])
    return found


def batch_page(*, position: Position) -> Page[BatchDetail]:
    """Batches, the newest first; three queries."""
    page = page_of(_batches(), order=NEWEST_FIRST, position=position)
    found = details(page.rows)
    return page.showing(lambda batch: found[batch.pk])


def batch_detail(batch: CreditBatch) -> BatchDetail:
    """One batch with its sums; two queries."""
    return details([batch])[batch.pk]


def batch_rows(batch: CreditBatch, *, position: Position) -> Page[CreditBatchRow]:
    """The lines of a batch in the order in which they were found; one query."""
    rows = batch.rows.select_related("invoice_line__invoice__account")
    return page_of(rows, order=IN_ORDER, position=position)


def find_row(batch: CreditBatch, pk: str) -> CreditBatchRow:
    """A line of a batch by its number. Raises: CreditBatchNotFound."""
    digits = pk[:18]
    rows = batch.rows.select_related("batch")
    found = rows.filter(pk=int(digits)).first() if digits.isascii() and digits.isdigit() else None
    if found is None:
        raise CreditBatchNotFound(f"The batch has no line {pk[:18]}.")
    return found


def batches_of_lines(line_ids: Sequence[int]) -> dict[int, list[CreditBatch]]:
    """The batches that were drafted from contested lines, by those; one query."""
    found: dict[int, list[CreditBatch]] = {}
    for batch in CreditBatch.objects.filter(line__in=line_ids).order_by("pk"):
        if batch.line_id is not None:
            found.setdefault(batch.line_id, []).append(batch)
    return found


def _batches() -> QuerySet[CreditBatch]:
    return CreditBatch.objects.select_related(
        "line__case__account", "line__invoice_line", "incident"
    )


def details(batches: Sequence[CreditBatch]) -> dict[int, BatchDetail]:
    rows: Any = CreditBatchRow.objects.filter(batch__in=batches).order_by()
    counts = {
        each["batch"]: each
        for each in rows.values("batch").annotate(
            lines=Count("pk"),
            worked=Count("pk", filter=Q(state="done")),
            set_aside=Count("pk", filter=Q(state="parked")),
            nothing=Count("pk", filter=Q(state="done", credit_minor=0)),
            left_out=Count("pk", filter=~Q(left_out_because="")),
            waiting=Count("pk", filter=_WAITING),
            put_forward=Count("pk", filter=_PUT),
            settled=Count("pk", filter=_SETTLED),
        )
    }
    sums: dict[int, list[BatchSums]] = {}
    by_currency = rows.filter(_WORTH).values("batch", "currency")
    for each in by_currency.annotate(
        accounts=Count("invoice_line__invoice__account", distinct=True),
        invoices=Count("invoice_line__invoice", distinct=True),
        credit=Sum("credit_minor"),
        gross=Sum("gross_minor"),
        waits=Sum("gross_minor", filter=_WAITING, default=0),
        put=Sum("gross_minor", filter=_PUT, default=0),
        paid=Sum("gross_minor", filter=_SETTLED, default=0),
    ).order_by("batch", "currency"):
        amounts = (
            Money.from_minor(each[name], each["currency"])
            for name in ("credit", "gross", "waits", "put", "paid")
        )
        sums.setdefault(each["batch"], []).append(
            BatchSums(each["accounts"], each["invoices"], *amounts)
        )
    names = [each.name for each in fields(BatchProgress)]
    return {
        batch.pk: BatchDetail(
            batch,
            BatchProgress(**{name: counts.get(batch.pk, {}).get(name, 0) for name in names}),
            sums.get(batch.pk, ()),
        )
        for batch in batches
    }
