"""Why a bill changed, as pages and machines read it: few parts, of two short invoices or long ones.

Short ones are told apart when somebody looks. Long ones are told apart by a worker, and what it
came to is kept: a page reads the parts that it shows, and sums of the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import starmap
from typing import Final, NamedTuple

from django.db.models import Count, Min, Sum
from django.db.models.functions import Abs

from billing.invoicing.bill_change.charges import ChangeKind
from billing.invoicing.bill_change.grouping import ToldBy
from billing.invoicing.bill_change.summaries import (
    FOLLOWS,
    EffectSummary,
    OtherParts,
    PartSummary,
    largest,
    others,
    part_id,
    read_about,
    read_effects,
    summary_of,
)
from billing.invoicing.models import BillComparisonWork, ComparedPart, Invoice, InvoiceLine
from billing.invoicing.queries.bill_change import InvoiceChange, bill_change
from core.canonical_json import digest_of_plain
from core.errors import NotFound
from core.leases import WorkItem
from core.money import MoneyChange

TOLD_AT_ONCE: Final = 600
"""Lines of two invoices up to which they are told apart when somebody looks."""
TOLD_SINGLY: Final = 12
"""Parts that are told one by one where there are many."""
_NOT_SHOWN: Final = ("effects", "lines_before", "lines_after")
_FORM: Final = 1
"""Raised where the rule or the shape of what is kept changes, so that it is worked out anew."""


class PartNotFound(NotFound):
    """The difference of these invoices has no such part."""

    code = "change_part_not_found"
    title = "No such part"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSummary(MoneyChange):
    """The totals of both invoices, tax included, the parts that are told singly, and the others.

    They sum to `delta`. `reasons_minor` is what all of them come to without those that follow.
    """

    earlier: Invoice
    invoice: Invoice
    parts: Sequence[PartSummary]
    others: OtherParts
    reasons_minor: int

    @property
    def earlier_ref(self) -> str:
        """What the invoice before is called: its number, or its id where it has none."""
        return self.earlier.number or self.earlier.public_id


class PartLines(NamedTuple):
    """A part, what it made in minor units, and the positions of its lines on both invoices."""

    kind: str
    name: str
    minor: int
    lines_before: Sequence[int]
    lines_after: Sequence[int]


@dataclass(frozen=True, slots=True)
class ComparisonProgress:
    """How far a worker is with two long invoices; asked by nobody where `asked_at` is None.

    `problem` says why it stopped, or why it is tried again.
    """

    line_count: int
    asked_at: datetime | None = None
    is_begun: bool = False
    is_stopped: bool = False
    problem: str = ""

    @property
    def is_under_way(self) -> bool:
        """Whether it comes to an end by itself."""
        return self.asked_at is not None and not self.is_stopped


def line_count_of(*invoices: Invoice) -> int:
    """How many lines invoices have in all; one query."""
    return InvoiceLine.objects.filter(invoice__in=invoices).count()


def made_from(invoice: Invoice, earlier: Invoice) -> str:
    """The digest of what both invoices say; a draft says what it was rated from."""
    said: list[object] = [_FORM]
    for each in (earlier, invoice):
        said += [each.public_id, each.content_sha256 or each.inputs_digest, each.total_minor]
    return digest_of_plain(said)


def summarised(change: InvoiceChange) -> ChangeSummary:
    """A whole comparison in what is read of it."""
    shown = largest(change.parts, TOLD_SINGLY)
    return ChangeSummary(
        before=change.before,
        after=change.after,
        earlier=change.earlier,
        invoice=change.invoice,
        parts=[summary_of(change.parts[place]) for place in shown],
        others=others(change.parts, shown),
        reasons_minor=sum(part.minor for part in change.parts if part.kind not in FOLLOWS),
    )


def change_at_once(
    invoice: Invoice, earlier: Invoice, *, by: ToldBy = ToldBy.PRICE, part: str = ""
) -> tuple[ChangeSummary, PartSummary | None]:
    """Two short invoices told apart now, and the part of an id; four queries.

    Raises: PartNotFound.
    """
    change = bill_change(invoice, earlier, by=by)
    opened = next((each for each in change.parts if each.id == part), None)
    if part and opened is None:
        raise _no_such_part()
    return summarised(change), summary_of(opened) if opened else None


def comparison_of(invoice: Invoice, earlier: Invoice) -> BillComparisonWork | None:
    """The comparison of what both invoices say now, done or not; one query."""
    return BillComparisonWork.objects.filter(made_from=made_from(invoice, earlier)).first()


def progress_of(kept: BillComparisonWork | None, line_count: int) -> ComparisonProgress:
    """How far a comparison is that is not done."""
    if kept is None:
        return ComparisonProgress(line_count)
    return ComparisonProgress(
        line_count,
        asked_at=kept.asked_at,
        is_begun=kept.state == WorkItem.State.LEASED,
        is_stopped=kept.state == WorkItem.State.PARKED,
        problem=kept.parked_reason or kept.last_error,
    )


def kept_change(
    kept: BillComparisonWork, invoice: Invoice, earlier: Invoice, *, by: ToldBy
) -> ChangeSummary:
    """What was found of two long invoices: the largest parts, and sums of the others; two queries.

    The invoices are those of the comparison, as the caller has them.
    """
    parts = ComparedPart.objects.filter(comparison=kept, by=by.value)
    by_size = parts.order_by(Abs("minor").desc(), "place").defer(*_NOT_SHOWN)
    shown = list(by_size[: TOLD_SINGLY + 2])
    # One part alone is never told as "other parts".
    if len(shown) == TOLD_SINGLY + 2:
        shown = shown[:TOLD_SINGLY]
    left = (
        parts.exclude(pk__in=[row.pk for row in shown])
        .order_by()
        .values_list("kind")
        .annotate(Sum("minor"), Count("pk"), first=Min("place"))
        .order_by("first")
    )
    rest = [(ChangeKind(kind), minor, count) for kind, minor, count, _ in left]
    told = [_summary(row) for row in sorted(shown, key=lambda row: row.place)]
    every = [(part.kind, part.minor) for part in told] + [(kind, minor) for kind, minor, _ in rest]
    return ChangeSummary(
        before=earlier.total,
        after=invoice.total,
        earlier=earlier,
        invoice=invoice,
        parts=told,
        others=OtherParts(
            sum(count for *_, count in rest),
            sum(minor for _, minor, _ in rest),
            [kind for kind, *_ in rest],
        ),
        reasons_minor=sum(minor for kind, minor in every if kind not in FOLLOWS),
    )


def kept_part(kept: BillComparisonWork, *, by: ToldBy, part: str) -> PartSummary:
    """The part of an id with its largest effects; one query. Raises: PartNotFound."""
    kind, _, name = part.partition(":")
    row = (
        ComparedPart.objects.filter(comparison=kept, by=by.value, kind=kind[:16], name=name[:500])
        .defer("lines_before", "lines_after")
        .first()
    )
    if row is None or _row_id(row) != part:
        raise _no_such_part()
    return _summary(row, read_effects(row.effects))


def _row_id(row: ComparedPart) -> str:
    """What an address names a kept part by."""
    return part_id(row.kind, row.name)


def kept_parts(kept: BillComparisonWork, *, by: ToldBy) -> list[PartLines]:
    """Every part that was found, with the lines it is made of; one query."""
    rows = ComparedPart.objects.filter(comparison=kept, by=by.value).order_by("place")
    columns = ("kind", "name", "minor", "lines_before", "lines_after")
    return list(starmap(PartLines, rows.values_list(*columns)))


def parts_at_once(invoice: Invoice, earlier: Invoice, *, by: ToldBy) -> list[PartLines]:
    """The same, worked out now; four queries."""
    told = [summary_of(part) for part in bill_change(invoice, earlier, by=by).parts]
    return [PartLines(part.kind.value, part.name, part.minor, *part.lines) for part in told]


def _summary(row: ComparedPart, effects: Sequence[EffectSummary] = ()) -> PartSummary:
    return PartSummary(
        kind=ChangeKind(row.kind),
        name=row.name,
        minor=row.minor,
        about=read_about(row.about),
        effects=effects,
        more=row.more,
        rest_minor=row.rest_minor,
    )


def _no_such_part() -> PartNotFound:
    return PartNotFound("The two invoices do not differ in this.", field="part")
