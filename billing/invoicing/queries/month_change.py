"""An invoice beside the one before it: what each part came to, and differences that add up.

A part is a price, or an app. Late usage of earlier periods is a part of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import Sum

from billing.invoicing.models import Invoice, InvoiceLine
from billing.invoicing.models.invoices import of_period
from core.money import Money, MoneyChange
from core.periods import Period

LATE = "Late usage of earlier periods"
WHOLE = "The whole account"
PARTS: Final = {"price": "price__name", "app": "group_label"}
"""What an invoice may be told apart by: the column of its lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartChange(MoneyChange):
    """What the lines of one part came to on both invoices; nothing where one has no such line."""

    name: str
    is_new: bool = False
    is_ended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthChange(MoneyChange):
    """The subtotals of both invoices, and part by part, the largest difference first."""

    invoice: str
    period: Period
    rows: Sequence[PartChange]


def month_change(invoice: Invoice, *, by: str = "price") -> MonthChange | None:
    """The invoice against the account's one before; None where there is none. Two queries."""
    earlier = (
        Invoice.objects.filter(
            of_period(),
            account_id=invoice.account_id,
            period_from__lt=invoice.period_from,
        )
        .order_by("-period_from")
        .first()
    )
    if earlier is None or earlier.currency != invoice.currency:
        return None

    def money(minor: int) -> Money:
        return Money.from_minor(minor, invoice.currency)

    changes = [
        PartChange(
            name=name,
            before=money(sums.get(earlier.pk, 0)),
            after=money(sums.get(invoice.pk, 0)),
            is_new=earlier.pk not in sums,
            is_ended=invoice.pk not in sums,
        )
        for name, sums in _sums([earlier, invoice], by).items()
    ]
    return MonthChange(
        invoice=str(earlier),
        period=earlier.period,
        rows=sorted(changes, key=lambda each: (-abs(each.delta.minor), each.name)),
        before=money(earlier.subtotal_minor),
        after=money(invoice.subtotal_minor),
    )


def _sums(invoices: Sequence[Invoice], by: str) -> dict[str, dict[int, int]]:
    """Minor units by the name of the part, then by invoice."""
    sums: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    rows = (
        InvoiceLine.objects.filter(invoice__in=invoices)
        .order_by()
        .values_list("invoice_id", PARTS[by], "corrects_id")
        .annotate(Sum("amount_minor"))
    )
    for invoice_id, name, corrects_id, minor in rows:
        sums[LATE if corrects_id else (name or WHOLE)][invoice_id] += minor
    return sums
