"""Tell long invoices apart from the ones before them, by a worker, and keep what it came to.

A comparison is a row with a lease, and is worked out and stored in one transaction: a worker that
dies leaves nothing of it, and another one begins anew. What is read of it is in
`billing.invoicing.queries.kept_changes`.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from billing.invoicing.bill_change.grouping import ToldBy
from billing.invoicing.bill_change.summaries import (
    about_document,
    effects_document,
    summary_of,
)
from billing.invoicing.models import BillComparisonWork, ComparedPart, Invoice
from billing.invoicing.queries.bill_change import InvoiceChange, earlier_of, every_change
from billing.invoicing.queries.kept_changes import TOLD_AT_ONCE, line_count_of, made_from
from core import leases
from core.actor import Actor
from core.db.bulk_rows import copy_rows
from core.db.locks import alone
from core.db.transactions import transaction, transaction_required
from core.errors import Conflict
from core.isolating import isolated
from core.leases import WorkItem
from core.parking import why

LONG = TOLD_AT_ONCE // 2
"""Lines of an invoice that may be too long, with the one before it, to be told apart at once."""
LEASE = timedelta(seconds=60)
"""How soon a dead worker's comparison goes on; a living one holds the row's lock meanwhile."""
COLUMNS = (
    "comparison_id",
    "by",
    "place",
    "kind",
    "name",
    "minor",
    "about",
    "effects",
    "more",
    "rest_minor",
    "lines_before",
    "lines_after",
)


class ComparisonChanged(Conflict):
    """An invoice was written again while it was compared."""

    code = "comparison_changed"
    title = "The invoice changed meanwhile"


def ask(*, invoice: Invoice, earlier: Invoice, at: datetime, by: Actor) -> BillComparisonWork:
    """Have two invoices told apart, due at once; asked again, it is the same comparison.

    One that stopped begins anew. What was found of the invoice as it was before is forgotten.
    """
    said = made_from(invoice, earlier)
    with transaction():
        alone(f"comparison of {invoice.public_id}")
        mine = BillComparisonWork.objects.filter(invoice=invoice)
        mine.exclude(made_from=said).delete()
        mine.filter(state=WorkItem.State.PARKED).delete()
        if (asked := mine.first()) is not None:
            return asked
        return BillComparisonWork.objects.create(
            invoice=invoice,
            earlier=earlier,
            made_from=said,
            line_count=line_count_of(invoice, earlier),
            not_before=at,
            asked_at=at,
            asked_by=by.name,
        )


@transaction_required()
def ask_for_long(invoices: Sequence[Invoice], *, at: datetime, by: Actor) -> None:
    """Have those of just issued invoices told apart that are too long to wait for."""
    for invoice in invoices:
        earlier = earlier_of(invoice)
        if earlier is not None and line_count_of(invoice, earlier) > TOLD_AT_ONCE:
            ask(invoice=invoice, earlier=earlier, at=at, by=by)


def claim(*, at: datetime) -> BillComparisonWork | None:
    """Lease the oldest comparison that is due; None where none is."""
    claimed = leases.claim(BillComparisonWork.objects.all(), limit=1, at=at, lease_for=LEASE)
    return claimed[0] if claimed else None


def work(item: BillComparisonWork, *, at: datetime) -> None:
    """Tell the invoices of a claimed comparison apart. Raises: LeaseLost, ComparisonChanged."""
    with transaction():
        leases.hold(item)
        both = Invoice.objects.in_bulk([item.invoice_id, item.earlier_id])
        invoice, earlier = both[item.invoice_id], both[item.earlier_id]
        if made_from(invoice, earlier) != item.made_from:
            raise ComparisonChanged(f"{invoice} says something else by now. Ask again.")
        # Read before it is written: nothing else can be asked in the middle of a COPY.
        changes = every_change(invoice, earlier)
        copy_rows(ComparedPart, COLUMNS, _rows(item, changes))
        leases.complete(item, at=at)


def _rows(
    item: BillComparisonWork, changes: Mapping[ToldBy, InvoiceChange]
) -> Iterator[tuple[object, ...]]:
    for by, change in changes.items():
        if sum(part.minor for part in change.parts) != change.delta.minor:
            raise ComparisonChanged(f"{change.invoice} was written again meanwhile. Ask again.")
        for place, part in enumerate(change.parts):
            told = summary_of(part)
            yield (
                item.pk,
                by.value,
                place,
                told.kind.value,
                told.name,
                told.minor,
                about_document(told.about),
                effects_document(told.effects),
                told.more,
                told.rest_minor,
                *(list(side) for side in told.lines),
            )


def work_through(item: BillComparisonWork, *, at: datetime) -> None:
    """Work a claimed comparison, or settle why it cannot be. Raises: LeaseLost."""
    isolated(
        [item],
        lambda claimed: work(claimed[0], at=at),
        set_aside=lambda item, problem: give_up(item, problem, at=at),
        raises=(leases.LeaseLost,),
    )


def give_up(item: BillComparisonWork, problem: Exception, *, at: datetime) -> None:
    """Settle a failed attempt: tried again later, or parked with the reason where that is no use.

    Raises: LeaseLost.
    """
    leases.fail(item, error=why(problem, comparison=item.pk).sentence, at=at)
