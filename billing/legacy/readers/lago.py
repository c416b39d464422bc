"""Lago: the CSV exports of invoices and of their fees, which belong together.

A total there is what was left to pay when the invoice was made: credit notes and prepaid credit are
already off it. Here they settle what the fees, less coupons and with tax, come to. Periods name
their last second; amounts are whole numbers of a currency's smallest part.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from billing.legacy.amounts import (
    LegacyValueInvalid,
    after_last,
    currency_code,
    day,
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
    "lago_id", "issuing_date", "customer_external_id", "invoice_number", "currency",
    "total_amount_cents",
)  # fmt: skip
_FEE_NEEDED = (
    "invoice_lago_id", "fee_lago_id", "fee_item_code", "fee_amount_currency",
    "fee_taxes_amount_cents", "fee_total_amount_cents",
)  # fmt: skip
_INVOICE_TAKEN = frozenset({
    *_INVOICE_NEEDED, "customer_name", "customer_email", "customer_country",
    "customer_tax_identification_number", "coupons_amount_cents", "credit_notes_amount_cents",
    "prepaid_credit_amount_cents", "total_paid_amount_cents", "status",
})  # fmt: skip
_FEE_TAKEN = frozenset({
    *_FEE_NEEDED, "fee_item_invoice_display_name", "fee_item_name", "fee_from_date_utc",
    "fee_to_date_utc", "fee_units",
})  # fmt: skip
_UNISSUED = frozenset({"draft", "generating", "open", "failed"})


def read(paths: Sequence[Path], mapping: LegacyMapping) -> Iterator[LegacyRow]:
    """The rows of every file; which of the two exports it is, its heading says.

    Raises: FileRefused.
    """
    for path in paths:
        is_fees = "fee_lago_id" in heading_of(path)
        needed, taken = (_FEE_NEEDED, _FEE_TAKEN) if is_fees else (_INVOICE_NEEDED, _INVOICE_TAKEN)
        for cells in csv_rows(path, needed=needed, taken=taken):
            if isinstance(cells, LegacyProblem):
                yield cells
                continue
            try:
                yield from list((_fee if is_fees else _invoice)(cells, mapping))
            except LegacyValueInvalid as error:
                yield LegacyProblem(cells.origin, error.message)


def _invoice(cells: Cells, mapping: LegacyMapping) -> Iterator[LegacyRow]:
    if cells.get("status") in _UNISSUED:
        return
    document, party = cells("lago_id"), cells("customer_external_id")
    currency = currency_code(cells("currency"), mapping)

    def money(column: str) -> Money:
        return money_in_parts(cells.get(column) or "0", currency, mapping)

    credits = money("credit_notes_amount_cents"), money("prepaid_credit_amount_cents")
    total = money("total_amount_cents") + credits[0] + credits[1]
    yield LegacyParty(
        cells.origin,
        party,
        cells.get("customer_name"),
        cells.get("customer_email"),
        cells.get("customer_country"),
        cells.get("customer_tax_identification_number"),
    )
    yield LegacyDocument(
        cells.origin,
        document,
        cells("invoice_number"),
        party,
        currency,
        day(cells("issuing_date")),
        total,
        state=cells.get("status"),
    )
    if (coupons := money("coupons_amount_cents")).minor:
        yield LegacyLine(
            cells.origin, document, "", LegacyLineKind.DISCOUNT, "coupons", "Coupons", -coupons
        )
    for what, amount in zip(("credit note", "prepaid credit"), credits, strict=True):
        if amount.minor:
            yield LegacySettlement(cells.origin, document, what, SettlementKind.CREDIT, amount)
    if (paid := money("total_paid_amount_cents")).minor:
        yield LegacySettlement(cells.origin, document, "paid", SettlementKind.PAYMENT, paid)


def _fee(cells: Cells, mapping: LegacyMapping) -> Iterator[LegacyRow]:
    document, currency = (
        cells("invoice_lago_id"),
        currency_code(cells("fee_amount_currency"), mapping),
    )
    tax = money_in_parts(cells("fee_taxes_amount_cents"), currency, mapping)
    total = money_in_parts(cells("fee_total_amount_cents"), currency, mapping)
    code, units = cells("fee_item_code"), cells.get("fee_units")
    start, end = cells.get("fee_from_date_utc"), cells.get("fee_to_date_utc")
    service_from = instant(start, mapping.zone) if start else None
    service_until = after_last(end, mapping.zone) if end else None
    said = cells.get("fee_item_invoice_display_name") or cells.get("fee_item_name") or code
    yield LegacyLine(
        cells.origin,
        document,
        cells("fee_lago_id"),
        LegacyLineKind.CHARGE,
        code,
        said,
        total - tax,
        plain_decimal(units) if units else None,
        service_from,
        service_until,
    )
    if tax.minor:
        yield LegacyLine(
            cells.origin, document, cells("fee_lago_id"), LegacyLineKind.TAX, code, f"Tax: {said}",
            tax, None, service_from, service_until,
        )  # fmt: skip
