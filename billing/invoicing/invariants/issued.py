"""Issued invoices in batches, so that a check of millions keeps its memory."""

from collections.abc import Iterator, Sequence

from billing.invoicing.models import Invoice
from core.invariants import SAMPLE_SIZE, InvariantResult

BATCH = 500


def found(examined: int, violating: Sequence[str]) -> InvariantResult:
    """The result of a check that looked at rows one by one."""
    return InvariantResult(examined, len(violating), tuple(violating[:SAMPLE_SIZE]))


def batches(**narrowed: str) -> Iterator[list[Invoice]]:
    """All issued invoices, or some of them, in the order they were made."""
    last = 0
    issued = Invoice.objects.filter(state=Invoice.State.ISSUED, **narrowed)
    while invoices := list(issued.filter(pk__gt=last).order_by("pk")[:BATCH]):
        yield invoices
        last = invoices[-1].pk
