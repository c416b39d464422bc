"""Recognised revenue of months: sums by currency, and charge by charge for statements.

What statements and exports of revenue stand on; the sums are those of the books (an invariant).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import F, Q, QuerySet, Sum

from billing.closing.models import RevenueEntry, RevenueRecognition
from billing.closing.months import BooksMonth
from core.money import Money


@dataclass(frozen=True, slots=True)
class RevenueOfMonth:
    """What a month earned in one currency, and what stood deferred and unbilled at its end."""

    month_on: date
    recognised: Money
    deferred: Money
    unbilled: Money


@dataclass(frozen=True, slots=True)
class RevenueOfCharge:
    """What a month earned of one charge of an invoice; deferred and unbilled are their changes.

    `price` and `product` are codes, empty for a charge of the whole account.
    """

    invoice: str
    account: str
    charge_key: str
    price: str
    product: str
    method: str
    recognised: Money
    deferred: Money
    unbilled: Money


def revenue_of(month: BooksMonth) -> Sequence[RevenueOfMonth]:
    """What the month earned, by currency. One query."""
    entries = RevenueEntry.objects.filter(recognition__month_on__lte=month.first_on)
    own = Q(recognition__month_on=month.first_on)
    rows = (
        entries.order_by("recognition__currency")
        .values_list("recognition__currency")
        .annotate(
            earned=Sum("recognised_minor", filter=own, default=0),
            deferred=Sum("deferred_minor"),
            unbilled=Sum("unbilled_minor"),
        )
    )
    return [
        RevenueOfMonth(month.first_on, *(Money.from_minor(minor, currency) for minor in sums))
        for currency, *sums in rows
    ]


def recognised_months() -> Sequence[BooksMonth]:
    """The months in which something was recognised, latest first."""
    months = RevenueRecognition.objects.order_by("-month_on").values_list("month_on", flat=True)
    return [BooksMonth(each) for each in months.distinct()]


def charges_of(month: BooksMonth) -> Iterator[RevenueOfCharge]:
    """What the month earned, charge by charge in order of invoices; read as it is asked for."""
    return (_charge(row) for row in _entries(month).iterator(chunk_size=2_000))


def _entries(month: BooksMonth) -> QuerySet[RevenueEntry]:
    return (
        RevenueEntry.objects.filter(recognition__month_on=month.first_on)
        .select_related("recognition", "schedule__invoice__account")
        .order_by("schedule__invoice_id", "schedule__charge_key", "pk")
        .annotate(
            price_code=F("schedule__invoice__lines__price__code"),
            product_code=F("schedule__invoice__lines__price__plan_version__plan__product__code"),
        )
        .filter(schedule__invoice__lines__key=F("schedule__charge_key"))
    )


def _charge(entry: RevenueEntry) -> RevenueOfCharge:
    schedule, currency = entry.schedule, entry.recognition.currency
    return RevenueOfCharge(
        invoice=schedule.invoice.number or schedule.invoice.public_id,
        account=schedule.invoice.account.public_id,
        charge_key=schedule.charge_key,
        price=entry.price_code or "",  # type: ignore[attr-defined]  # annotated
        product=entry.product_code or "",  # type: ignore[attr-defined]  # annotated
        method=schedule.method,
        recognised=Money.from_minor(entry.recognised_minor, currency),
        deferred=Money.from_minor(entry.deferred_minor, currency),
        unbilled=Money.from_minor(entry.unbilled_minor, currency),
    )
