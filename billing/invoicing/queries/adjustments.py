"""An adjustment as it is read: what it is about, which invoices billed it, what undid it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from billing.invoicing.models import Adjustment, Invoice, InvoiceLine
from core.errors import NotFound


class AdjustmentNotFound(NotFound):
    """No adjustment has this id."""

    code = "adjustment_not_found"
    title = "No such adjustment"


@dataclass(frozen=True, slots=True)
class BilledAdjustment:
    """An invoice that bills it, and the position of its line there."""

    invoice: Invoice
    position: int | None
    is_void: bool


@dataclass(frozen=True, slots=True)
class AdjustmentDetail:
    """One adjustment; `undone_by` is the one that names it."""

    adjustment: Adjustment
    billed: Sequence[BilledAdjustment]
    undone_by: Adjustment | None

    @property
    def waits(self) -> bool:
        """Whether no invoice that stands bills it yet."""
        return all(each.is_void for each in self.billed)

    @property
    def can_be_undone(self) -> bool:
        """Whether it stands, and undoes no other."""
        return self.undone_by is None and self.adjustment.reverses_id is None


def find_adjustment(public_id: str) -> Adjustment:
    """The adjustment of this id, with what it refers to. Raises: AdjustmentNotFound."""
    rows = Adjustment.objects.select_related("account", "corrects", "reverses")
    found = rows.filter(public_id=public_id[:64]).first()
    if found is None:
        raise AdjustmentNotFound("There is no adjustment of this id.")
    return found


def adjustment_detail(adjustment: Adjustment) -> AdjustmentDetail:
    """All of an adjustment; three queries."""
    billed = adjustment.billed.select_related("invoice", "invoice__void").order_by("pk")
    rows = [each.invoice for each in billed]
    lines = InvoiceLine.objects.filter(invoice__in=rows, key=adjustment.line_key)
    positions = dict(lines.values_list("invoice_id", "position"))
    return AdjustmentDetail(
        adjustment=adjustment,
        billed=[
            BilledAdjustment(each, positions.get(each.pk), getattr(each, "void", None) is not None)
            for each in rows
        ],
        undone_by=Adjustment.objects.filter(reverses=adjustment).first(),
    )


def adjustments_about(invoice: Invoice) -> Sequence[Adjustment]:
    """Adjustments that name an invoice, those that undo others included; the latest first."""
    return list(invoice.adjustments.order_by("-made_at", "-pk"))


def standing_adjustments(invoice: Invoice) -> Sequence[Adjustment]:
    """Adjustments about an invoice that nothing undid and that undo none, the latest first."""
    rows = invoice.adjustments.filter(reverses__isnull=True, reversal__isnull=True)
    return list(rows.order_by("-made_at", "-pk"))
