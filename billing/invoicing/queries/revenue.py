"""What was earned of customers in some time, before tax, in six grains that sum to the same.

An invoice counts when it was issued, a credit note when it was issued, a void when it took effect:
as the ledger books them. What is carried between invoices is no revenue. The grains of many rows
are read in blocks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from django.db.models import F, OuterRef, QuerySet, Subquery, Sum

from accounts.models import Account
from billing.catalogue.models import Price
from billing.invoicing.models import CreditNoteLine, Invoice, InvoiceLine
from core.money import Money
from core.periods import Period

_BLOCK: Final = 2_000


class RevenueGrain(StrEnum):
    """What a row is of."""

    SUMMARY = "summary"
    PRODUCT = "product"
    PRICE = "price"
    CUSTOMER = "customer"
    INVOICE = "invoice"
    LINE = "line"


@dataclass(frozen=True, slots=True)
class RevenueRow:
    """What something earned: `id` is its public id, code or number, empty for lines without it."""

    id: str
    name: str
    amount: Money


def revenue(grain: RevenueGrain, period: Period) -> Iterator[RevenueRow]:
    """The revenue of [start, end) by grain; a row in each currency."""
    if grain is RevenueGrain.LINE:
        return _by_line(period)
    column = {
        RevenueGrain.SUMMARY: "",
        RevenueGrain.PRODUCT: "price",
        RevenueGrain.PRICE: "price",
        RevenueGrain.CUSTOMER: "account",
        RevenueGrain.INVOICE: "invoice",
    }[grain]
    sums = _sums(column, period)
    named = _NAMES[grain]({key for key, _ in sums})
    return iter(_rows(sums, named))


Key = int | None
Sums = Mapping[tuple[Key, str], int]
Names = Mapping[Key, tuple[str, str]]


def _rows(sums: Sums, names: Names) -> list[RevenueRow]:
    """The sums under their names, those of one name added up, in order of names."""
    found: dict[tuple[str, str, str], int] = defaultdict(int)
    for (key, currency), minor in sums.items():
        found[*names.get(key, ("", "")), currency] += minor
    return [
        RevenueRow(code, name, Money.from_minor(minor, currency))
        for (code, name, currency), minor in sorted(found.items())
    ]


def _lines(period: Period) -> QuerySet[InvoiceLine]:
    """The lines that were billed; those of one invoice for all stand on its statements."""
    return InvoiceLine.objects.filter(
        invoice__state=Invoice.State.ISSUED,
        invoice__issued_at__gte=period.start,
        invoice__issued_at__lt=period.end,
    ).exclude(invoice__kind=Invoice.Kind.CONSOLIDATED)


def _voided(period: Period) -> QuerySet[InvoiceLine]:
    return InvoiceLine.objects.filter(
        invoice__void__effective_at__gte=period.start,
        invoice__void__effective_at__lt=period.end,
    ).exclude(invoice__kind=Invoice.Kind.CONSOLIDATED)


def _credited(period: Period) -> QuerySet[CreditNoteLine]:
    own = InvoiceLine.objects.filter(
        invoice=OuterRef("note__invoice"), key=OuterRef("charge_key")
    ).values("price_id")
    return CreditNoteLine.objects.filter(
        note__issued_at__gte=period.start, note__issued_at__lt=period.end
    ).annotate(price_id=Subquery(own[:1]))


_OF_LINE: Final = {
    "price": F("price_id"),
    "account": F("invoice__account_id"),
    "invoice": F("invoice_id"),
}
_OF_NOTE: Final = {
    "price": F("price_id"),
    "account": F("note__invoice__account_id"),
    "invoice": F("note__invoice_id"),
}


def _sums(column: str, period: Period) -> Sums:
    """Minor units by a column and the currency; three queries."""
    sums: dict[tuple[Key, str], int] = defaultdict(int)
    sources: tuple[tuple[QuerySet[Any], int, str, Mapping[str, F]], ...] = (
        (_lines(period), 1, "invoice__currency", _OF_LINE),
        (_voided(period), -1, "invoice__currency", _OF_LINE),
        (_credited(period), -1, "note__currency", _OF_NOTE),
    )
    for rows, sign, currency, columns in sources:
        own = rows.annotate(told_by=columns[column]) if column else rows
        names = ["told_by"] if column else []
        grouped = own.order_by().values_list(*names, currency).annotate(Sum("amount_minor"))
        for row in grouped.iterator(_BLOCK):
            *key, code, minor = row
            sums[key[0] if key else None, code] += sign * minor
    return sums


def _by_line(period: Period) -> Iterator[RevenueRow]:
    for rows, sign in ((_lines(period), 1), (_voided(period), -1)):
        named = rows.order_by("invoice_id", "position").values_list(
            "invoice__number", "invoice__public_id", "position", "description", "amount_minor",
            "invoice__currency",
        )  # fmt: skip
        for number, public_id, position, text, minor, currency in named.iterator(_BLOCK):
            place = f"{number or public_id}/{position}"
            yield RevenueRow(place, text, Money.from_minor(sign * minor, currency))
    notes = _credited(period).order_by("note_id", "pk")
    credited = notes.values_list("note__number", "description", "amount_minor", "note__currency")
    for number, text, minor, currency in credited.iterator(_BLOCK):
        yield RevenueRow(number, text, Money.from_minor(-minor, currency))


def _of_nothing(keys: set[Any]) -> Names:
    return {}


def _ids(keys: set[Any]) -> list[int]:
    return [key for key in keys if key is not None]


def _prices(keys: set[Any]) -> Names:
    rows = Price.objects.filter(pk__in=_ids(keys)).values_list("pk", "public_id", "name")
    return {pk: (public_id, name) for pk, public_id, name in rows}


def _products(keys: set[Any]) -> Names:
    rows = Price.objects.filter(pk__in=_ids(keys)).values_list(
        "pk", "plan_version__plan__product__code", "plan_version__plan__product__name"
    )
    return {pk: (code, name) for pk, code, name in rows}


def _accounts(keys: set[Any]) -> Names:
    rows = Account.objects.filter(pk__in=_ids(keys)).values_list("pk", "public_id", "name")
    return {pk: (public_id, name) for pk, public_id, name in rows}


def _invoices(keys: set[Any]) -> Names:
    rows = Invoice.objects.filter(pk__in=_ids(keys)).values_list(
        "pk", "number", "public_id", "account__name"
    )
    return {pk: (number or public_id, name) for pk, number, public_id, name in rows}


_NAMES: Final = {
    RevenueGrain.SUMMARY: _of_nothing,
    RevenueGrain.PRODUCT: _products,
    RevenueGrain.PRICE: _prices,
    RevenueGrain.CUSTOMER: _accounts,
    RevenueGrain.INVOICE: _invoices,
}
