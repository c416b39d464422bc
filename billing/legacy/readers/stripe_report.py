"""Stripe: its reports in CSV, the tables `invoices` and `invoice_line_items` together.

What lines come to is the subtotal; a total below it has a discount, and tax has a column of its
own. Amounts are whole numbers of what Stripe takes for the smallest part of a currency. A report's
type ends in a number, such as `.1`, and a later one may have more columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from billing.legacy.amounts import (
    LegacyValueInvalid,
    currency_code,
    instant,
    money_in_parts,
    plain_decimal,
)
from billing.legacy.mapping import LegacyMapping
from billing.legacy.readers.tables import Cells, csv_rows, heading_of
from billing.legacy.rows import (
    LegacyDocument,
    LegacyLine,
    LegacyLineKind,
    LegacyParty,
    LegacyProblem,
    LegacyRow,
    LegacySettlement,
    SettlementKind,
)
from core.money import Money

_INVOICE_NEEDED = (
    "id", "number", "customer_id", "currency", "date", "subtotal", "total", "amount_paid", "status",
)  # fmt: skip
_LINE_NEEDED = ("id", "invoice_id", "amount", "currency")
_INVOICE_TAKEN = frozenset({*_INVOICE_NEEDED, "tax", "period_start", "period_end"})
_LINE_TAKEN = frozenset({
    *_LINE_NEEDED, "description", "quantity", "price_id", "plan_id", "period_start", "period_end",
})  # fmt: skip
_UNISSUED = frozenset({"draft"})


def read(paths: Sequence[Path], mapping: LegacyMapping) -> Iterator[LegacyRow]:
    """The rows of every file; which of the two tables it is, its heading says.

    Raises: FileRefused.
    """
    for path in paths:
        is_lines = "invoice_id" in heading_of(path)
        needed, taken = (
            (_LINE_NEEDED, _LINE_TAKEN) if is_lines else (_INVOICE_NEEDED, _INVOICE_TAKEN)
        )
        for cells in csv_rows(path, needed=needed, taken=taken):
            if isinstance(cells, LegacyProblem):
                yield cells
                continue
            try:
                yield from list((_line if is_lines else _invoice)(cells, mapping))
            except LegacyValueInvalid as error:
                yield LegacyProblem(cells.origin, error.message)


def _invoice(cells: Cells, mapping: LegacyMapping) -> Iterator[LegacyRow]:
    if cells.get("status") in _UNISSUED:
        return
    document, party = cells("id"), cells("customer_id")
    currency = currency_code(cells("currency"), mapping)

    def money(column: str) -> Money:
        return money_in_parts(cells.get(column) or "0", currency, mapping)

    start, end = cells.get("period_start"), cells.get("period_end")
    yield LegacyParty(cells.origin, party, "", "")
    yield LegacyDocument(
        cells.origin,
        document,
        cells("number"),
        party,
        currency,
        instant(cells("date"), mapping.zone).date(),
        money("total"),
        money("amount_paid"),
        period_from=instant(start, mapping.zone) if start else None,
        period_until=instant(end, mapping.zone) if end else None,
        state=cells("status"),
    )
    tax = money("tax")
    discount = money("total") - tax - money("subtotal")
    for kind, amount in ((LegacyLineKind.DISCOUNT, discount), (LegacyLineKind.TAX, tax)):
        if amount.minor:
            yield LegacyLine(cells.origin, document, "", kind, "", kind.capitalize(), amount)
    if (paid := money("amount_paid")).minor:
        yield LegacySettlement(cells.origin, document, "", SettlementKind.PAYMENT, paid)


def _line(cells: Cells, mapping: LegacyMapping) -> Iterator[LegacyRow]:
    currency = currency_code(cells("currency"), mapping)
    start, end, quantity = map(cells.get, ("period_start", "period_end", "quantity"))
    yield LegacyLine(
        cells.origin,
        cells("invoice_id"),
        cells("id"),
        LegacyLineKind.CHARGE,
        cells.get("price_id") or cells.get("plan_id"),
        cells.get("description"),
        money_in_parts(cells("amount"), currency, mapping),
        plain_decimal(quantity) if quantity else None,
        instant(start, mapping.zone) if start else None,
        instant(end, mapping.zone) if end else None,
    )
