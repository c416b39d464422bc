"""What was earned of customers in some time, before tax, in six grains that sum to the same.

An invoice counts when it was issued, a credit note when it was issued, a void when it took effect:
as the ledger books them. What is carried between invoices is no revenue, and lines of one invoice
for all stand on its statements. PostgreSQL adds up; what is not asked for by price is read from the
sums of documents, not from their lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import starmap
from typing import Any, Final

from django.db import connection

from accounts.models import Account
from billing.invoicing.queries.fast_largest_lines import largest_lines
from billing.invoicing.queries.revenue_sql import BY_DOCUMENT, BY_LINE, BY_LINE_BEFORE_TAX
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
class RevenueScope:
    """What is looked at: [start, end), and only of a product, price, customer, invoice, currency.

    `product` is a code; `price` and `invoice` are ids as rows have them.
    """

    period: Period
    product: str = ""
    price: str = ""
    customer: Account | None = None
    invoice: str = ""
    currency: str = ""

    @property
    def asks_by_price(self) -> bool:
        """Whether lines must be read to know what belongs to it."""
        return bool(self.product or self.price)

    @property
    def is_narrow(self) -> bool:
        """Whether it is of one product, price, customer or invoice, and so of few lines."""
        return bool(self.asks_by_price or self.customer or self.invoice)

    def parameters(self) -> dict[str, Any]:
        """For the statements."""
        return {
            "start": self.period.start,
            "end": self.period.end,
            "product": self.product,
            "price": self.price,
            "customer": self.customer.pk if self.customer else None,
            "invoice": self.invoice,
            "currency": self.currency,
        }


@dataclass(frozen=True, slots=True)
class RevenueRow:
    """What something earned: `id` is its public id, code or number, empty for lines without it."""

    id: str
    name: str
    amount: Money


@dataclass(frozen=True, slots=True)
class RevenueTotal:
    """Of one currency, what all rows sum to, and how many there are; None where nobody counted."""

    amount: Money
    count: int | None


@dataclass(frozen=True, slots=True)
class RevenueReport:
    """The largest rows, and the sums of all of them by currency."""

    rows: Sequence[RevenueRow]
    totals: Sequence[RevenueTotal]


def revenue(grain: RevenueGrain, scope: RevenueScope) -> Iterator[RevenueRow]:
    """Every row, by name; lines as they stand on their invoices. Read in blocks."""
    order = "place, code" if grain is RevenueGrain.LINE else "name, code, currency"
    told = _statement(grain, scope)
    statement = f"{told} SELECT code, name, currency, minor FROM told ORDER BY {order}"  # noqa: S608
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement, scope.parameters())
        while block := cursor.fetchmany(_BLOCK):
            yield from starmap(_row, block)


def revenue_report(grain: RevenueGrain, scope: RevenueScope, *, most: int) -> RevenueReport:
    """The `most` rows of each currency that moved most, and the sums of all; one query.

    Lines of everybody are as many as were ever billed; the largest are then looked up by amount,
    and nobody counts them.
    """
    if grain is RevenueGrain.LINE and not scope.is_narrow:
        return _report_of_lines(scope, most=most)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""{_statement(grain, scope)}
            SELECT code, name, currency, minor, sum_of_all, count_of_all
            FROM (SELECT code, name, currency, minor, count(*) OVER alike AS count_of_all,
                         sum(minor) OVER alike AS sum_of_all,
                         row_number() OVER (PARTITION BY currency
                                            ORDER BY abs(minor) DESC, name, code) AS number
                  FROM told WINDOW alike AS (PARTITION BY currency)) AS numbered
            WHERE number <= %(most)s ORDER BY currency, number""",  # noqa: S608  ours
            scope.parameters() | {"most": most},
        )
        found = cursor.fetchall()
    totals = {currency: (int(minor), count) for _, _, currency, _, minor, count in found}
    return RevenueReport(
        rows=[_row(*each[:4]) for each in found],
        totals=[
            RevenueTotal(Money.from_minor(minor, currency), count)
            for currency, (minor, count) in sorted(totals.items())
        ],
    )


def _report_of_lines(scope: RevenueScope, *, most: int) -> RevenueReport:
    found, sums = largest_lines(scope.parameters(), in_currency=bool(scope.currency), most=most)
    return RevenueReport(
        rows=[_row(*each) for each in found],
        totals=[RevenueTotal(Money.from_minor(minor, currency), None) for currency, minor in sums],
    )


def _row(code: str, name: str, currency: str, minor: Any) -> RevenueRow:
    return RevenueRow(code, name, Money.from_minor(int(minor), currency))


def _statement(grain: RevenueGrain, scope: RevenueScope) -> str:
    """The rows of a grain as `told`: code, name, currency, minor."""
    by_line = grain in _OF_LINES or scope.asks_by_price
    by_price = scope.asks_by_price or grain in (RevenueGrain.PRODUCT, RevenueGrain.PRICE)
    lines = BY_LINE_BEFORE_TAX if by_price else BY_LINE
    moved = _narrowed(lines if by_line else BY_DOCUMENT, scope)
    if grain is RevenueGrain.LINE:
        named = "line AS code, text AS name, *"
        return f"WITH told AS (SELECT {named} FROM ({moved}) AS moved)"  # noqa: S608
    key, code, name, joins = _GRAINS[grain]
    return f"""
        WITH moved AS ({moved}),
        summed AS (SELECT {key} AS key, currency, sum(minor) AS minor FROM moved GROUP BY 1, 2),
        told AS (SELECT {code} AS code, {name} AS name, summed.currency, sum(minor) AS minor
                 FROM summed {joins} GROUP BY 1, 2, 3)
    """  # noqa: S608  statements of this house


_OF_LINES: Final = (RevenueGrain.PRODUCT, RevenueGrain.PRICE, RevenueGrain.LINE)
_PRICES: Final = """
    LEFT JOIN catalogue_price AS price ON price.id = summed.key
    LEFT JOIN catalogue_planversion AS version ON version.id = price.plan_version_id
    LEFT JOIN catalogue_plan AS plan ON plan.id = version.plan_id
    LEFT JOIN catalogue_product AS product ON product.id = plan.product_id
"""
_GRAINS: Final = {
    RevenueGrain.SUMMARY: ("0", "''", "''", ""),
    RevenueGrain.PRODUCT: (
        "price_id", "coalesce(product.code, '')", "coalesce(product.name, '')", _PRICES,
    ),
    RevenueGrain.PRICE: (
        "price_id", "coalesce(price.public_id, '')", "coalesce(price.name, '')", _PRICES,
    ),
    RevenueGrain.CUSTOMER: (
        "account_id", "account.public_id", "account.name",
        "JOIN accounts_account AS account ON account.id = summed.key",
    ),
    RevenueGrain.INVOICE: (
        "invoice_id", "coalesce(invoice.number, invoice.public_id)", "account.name",
        "JOIN invoicing_invoice AS invoice ON invoice.id = summed.key"
        " JOIN accounts_account AS account ON account.id = invoice.account_id",
    ),
}  # fmt: skip
"""What a grain is summed by, what its rows are called, and what must be joined for that."""


def _narrowed(moved: str, scope: RevenueScope) -> str:
    of_invoice, of_price = [], []
    if scope.customer:
        of_invoice.append("AND invoice.account_id = %(customer)s")
    if scope.currency:
        of_invoice.append("AND invoice.currency = %(currency)s")
    if scope.invoice:
        of_invoice.append("AND %(invoice)s IN (invoice.number, invoice.public_id)")
    if scope.price:
        of_price.append(
            "AND line.price_id IN (SELECT id FROM catalogue_price WHERE public_id = %(price)s)"
        )
    if scope.product:
        of_price.append(
            """AND line.price_id IN (
                SELECT price.id FROM catalogue_price AS price
                JOIN catalogue_planversion AS version ON version.id = price.plan_version_id
                JOIN catalogue_plan AS plan ON plan.id = version.plan_id
                JOIN catalogue_product AS product ON product.id = plan.product_id
                WHERE product.code = %(product)s)"""
        )
    return moved.format(of_invoice=" ".join(of_invoice), of_price=" ".join(of_price))
