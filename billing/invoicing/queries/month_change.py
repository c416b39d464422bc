"""An invoice beside the one before it: what each price came to, and differences that add up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Sum

from billing.invoicing.models import Invoice, InvoiceLine
from core.money import Money, MoneyChange
from core.periods import Period

LATE = "Late usage of earlier periods"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceChange(MoneyChange):
    """What the lines of one price came to on both invoices."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthChange(MoneyChange):
    """The subtotals of both invoices, and price by price, the largest difference first."""

    invoice: str
    period: Period
    rows: Sequence[PriceChange]


def month_change(invoice: Invoice) -> MonthChange | None:
    """The invoice against the account's one before; None where there is none. Two queries."""
    earlier = (
        Invoice.objects.filter(
            account_id=invoice.account_id,
            state=Invoice.State.ISSUED,
            period_from__lt=invoice.period_from,
        )
        .order_by("-period_from")
        .first()
    )
    if earlier is None or earlier.currency != invoice.currency:
        return None
    sums: dict[str, dict[int, int]] = defaultdict(dict)
    rows = (
        InvoiceLine.objects.filter(invoice__in=[earlier, invoice])
        .order_by()
        .values_list("invoice_id", "price__name", "corrects_id")
        .annotate(Sum("amount_minor"))
    )
    for invoice_id, name, corrects_id, minor in rows:
        known = sums[LATE if corrects_id else (name or "The whole account")]
        known[invoice_id] = known.get(invoice_id, 0) + minor

    def money(minor: int) -> Money:
        return Money.from_minor(minor, invoice.currency)

    changes = [
        PriceChange(
            name=name,
            before=money(known.get(earlier.pk, 0)),
            after=money(known.get(invoice.pk, 0)),
        )
        for name, known in sums.items()
    ]
    return MonthChange(
        invoice=str(earlier),
        period=earlier.period,
        rows=sorted(changes, key=lambda each: (-abs(each.delta.minor), each.name)),
        before=money(earlier.subtotal_minor),
        after=money(invoice.subtotal_minor),
    )
