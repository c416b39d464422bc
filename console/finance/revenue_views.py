"""What was earned, in six grains: on a page that opens grain by grain, and the same as a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from billing.invoicing.queries.revenue import (
    RevenueGrain,
    RevenueReport,
    RevenueRow,
    RevenueScope,
    RevenueTotal,
    revenue,
    revenue_report,
)
from billing.overview.queries import accounts
from console.finance.ranges import days_asked
from console.shell.access import BILLING, StaffRequest, screen
from console.shell.files import list_file
from console.shell.query_params import choice, words
from console.shell.waterfall import HangingBar, waterfall_rows
from core.money import Money

ZONE: Final = "UTC"
"""The clock of the books."""
ROWS_SHOWN: Final = 50
COLUMNS: Final = ("id", "name", "currency", "amount")
_GRAINS: Final = {
    RevenueGrain.SUMMARY: "All of it",
    RevenueGrain.PRODUCT: "Product",
    RevenueGrain.PRICE: "Price",
    RevenueGrain.CUSTOMER: "Customer",
    RevenueGrain.INVOICE: "Invoice",
    RevenueGrain.LINE: "Line",
}
_OPENS: Final = {
    RevenueGrain.SUMMARY: ("currency", RevenueGrain.PRODUCT),
    RevenueGrain.PRODUCT: ("product", RevenueGrain.PRICE),
    RevenueGrain.PRICE: ("price", RevenueGrain.CUSTOMER),
    RevenueGrain.CUSTOMER: ("customer", RevenueGrain.INVOICE),
    RevenueGrain.INVOICE: ("invoice", RevenueGrain.LINE),
}
"""What a row narrows by when it is opened, and the grain it opens in."""
_NARROWS: Final = ("currency", "product", "price", "customer", "invoice")


@dataclass(frozen=True, slots=True)
class EarnedRow:
    """One row, where it opens, and its bar among those of its currency."""

    row: RevenueRow
    url: str
    bar: HangingBar


@dataclass(frozen=True, slots=True)
class EarnedCurrency:
    """The largest rows of a currency; `rest` is what the others come to.

    `others` is how many those are; None where nobody counted them.
    """

    total: RevenueTotal
    rows: list[EarnedRow]
    others: int | None
    rest: Money


@require_GET
@screen(*BILLING)
def revenue_page(request: StaffRequest) -> HttpResponse:
    """What was earned within the days asked for, in UTC, largest first; every row opens."""
    grain, scope = _asked(request)
    days = days_asked(request, ZONE)
    found = revenue_report(grain, scope, most=ROWS_SHOWN)
    context = {
        "tab": "revenue",
        "grain": grain,
        "grains": _GRAINS.items(),
        "heading": _GRAINS[grain],
        "first": days.first,
        "last": days.last,
        "currencies": list(_by_currency(request, grain, found)),
        "narrowed": _narrowed(request, scope),
    }
    return render(request, "console/finance/revenue.html", context)


@require_GET
@screen(*BILLING)
def revenue_file(request: StaffRequest, kind: str) -> HttpResponseBase:
    """Every row of the same, as a file."""
    grain, scope = _asked(request)
    cells = (
        [row.id, row.name, row.amount.currency, row.amount.amount] for row in revenue(grain, scope)
    )
    return list_file(kind, f"revenue-{grain}", COLUMNS, cells)


def _asked(request: StaffRequest) -> tuple[RevenueGrain, RevenueScope]:
    """Raises: UnreadableAddress, DateInvalid, DaysReversed, AccountNotFound."""
    grain = RevenueGrain(choice(request, "grain", list(RevenueGrain)) or RevenueGrain.SUMMARY)
    customer = words(request, "customer")
    scope = RevenueScope(
        days_asked(request, ZONE).period,
        product=words(request, "product"),
        price=words(request, "price"),
        customer=accounts.find(customer) if customer else None,
        invoice=words(request, "invoice"),
        currency=words(request, "currency"),
    )
    return grain, scope


def _by_currency(
    request: StaffRequest, grain: RevenueGrain, found: RevenueReport
) -> Iterator[EarnedCurrency]:
    for total in found.totals:
        rows = [row for row in found.rows if row.amount.currency == total.amount.currency]
        bars = waterfall_rows([(row.amount.minor, True) for row in rows])
        shown = sum(row.amount.minor for row in rows)
        yield EarnedCurrency(
            total,
            [
                EarnedRow(row, _opens(request, grain, row), bar)
                for row, bar in zip(rows, bars, strict=True)
            ],
            None if total.count is None else total.count - len(rows),
            Money.from_minor(total.amount.minor - shown, total.amount.currency),
        )


def _opens(request: StaffRequest, grain: RevenueGrain, row: RevenueRow) -> str:
    """The same days in the next finer grain of this row; a line opens where it stands."""
    if grain is RevenueGrain.LINE:
        return _place_of(row.id)
    name, finer = _OPENS[grain]
    value = row.amount.currency if name == "currency" else row.id
    if not value:
        return ""
    return "?" + urlencode(_kept(request) | {name: value, "grain": finer})


def _place_of(place: str) -> str:
    """A line within its invoice, or the page of a credit note."""
    ref, _, position = place.rpartition("/")
    if not ref:
        return reverse("console:credit-note", args=[place])
    lines = reverse("console:invoice-lines", args=[ref])
    return f"{lines}?line={position}#line-{position}"


def _kept(request: StaffRequest, but: str = "") -> dict[str, str]:
    kept = ("from", "to", *_NARROWS)
    return {name: request.GET[name] for name in kept if request.GET.get(name) and name != but}


def _narrowed(request: StaffRequest, scope: RevenueScope) -> list[tuple[str, str, str]]:
    """What it is narrowed by: the field, what it says, and the address without it."""
    grain = request.GET.get("grain", "")
    said = {
        "currency": scope.currency,
        "product": scope.product,
        "price": scope.price,
        "customer": scope.customer.name if scope.customer else "",
        "invoice": scope.invoice,
    }
    return [
        (name, value, "?" + urlencode(_kept(request, but=name) | {"grain": grain}))
        for name, value in said.items()
        if value
    ]
