"""An invoice beside the one before it: told at once, as a worker found, or how far that is."""

from __future__ import annotations

from dataclasses import dataclass

from billing.invoicing.bill_change.grouping import ToldBy
from billing.invoicing.models import Invoice
from billing.invoicing.queries import kept_changes as kept
from billing.invoicing.queries.kept_changes import ComparisonProgress
from console.invoices.wording.change import ToldChange, tell_change
from console.invoices.wording.change_lines import OpenedPart, open_part
from core.leases import WorkItem


@dataclass(frozen=True, slots=True)
class InvoiceBeside:
    """What there is to show of two invoices: `told`, and the part that is open, or `progress`."""

    told: ToldChange | None = None
    opened: OpenedPart | None = None
    progress: ComparisonProgress | None = None


def beside(found: Invoice, earlier: Invoice, *, by: ToldBy, part: str = "") -> InvoiceBeside:
    """The change in words, or how far a worker is with it. Raises: PartNotFound."""
    line_count = kept.line_count_of(found, earlier)
    if line_count <= kept.TOLD_AT_ONCE:
        change, opened = kept.change_at_once(found, earlier, by=by, part=part)
    else:
        comparison = kept.comparison_of(found, earlier)
        if comparison is None or comparison.state != WorkItem.State.DONE:
            return InvoiceBeside(progress=kept.progress_of(comparison, line_count))
        change = kept.kept_change(comparison, found, earlier, by=by)
        opened = kept.kept_part(comparison, by=by, part=part) if part else None
    return InvoiceBeside(tell_change(change), open_part(opened, found.currency) if opened else None)
