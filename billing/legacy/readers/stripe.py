"""Stripe: invoices as its API gives them, in JSON.

A total is the lines less discounts, plus the tax that is not in them. Amounts are whole numbers of
what Stripe takes for the smallest part of a currency, which is not always ISO's: the mapping says.
An invoice whose list of lines was cut off (`has_more`) is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from billing.legacy.amounts import (
    LegacyValueInvalid,
    currency_code,
    money_in_parts,
    plain_decimal,
    unix_instant,
)
from billing.legacy.mapping import LegacyMapping
from billing.legacy.readers.json_files import (
    JsonObject,
    json_objects,
    objects_of,
    origin_of,
    text_of,
)
from billing.legacy.rows import (
    LegacyDocument,
    LegacyLine,
    LegacyLineKind,
    LegacyParty,
    LegacyProblem,
    LegacyRow,
    LegacySettlement,
    RowOrigin,
    SettlementKind,
)
from core.money import Money

_TAKEN = frozenset({
    "id", "number", "customer", "customer_name", "customer_email", "currency", "created",
    "period_start", "period_end", "total", "amount_paid", "status", "lines",
})  # fmt: skip
_LINE_TAKEN = frozenset({"id", "amount", "description", "quantity", "period"})
_UNISSUED = frozenset({"draft"})


def read(paths: Sequence[Path], mapping: LegacyMapping) -> Iterator[LegacyRow]:
    """The rows of every invoice that was issued. Raises: FileRefused."""
    for path in paths:
        for number, invoice in json_objects(path):
            if text_of(invoice, "status") in _UNISSUED:
                continue
            origin = origin_of(path, number, invoice, _TAKEN)
            try:
                yield from list(_invoice(invoice, origin, mapping))
            except LegacyValueInvalid as error:
                yield LegacyProblem(origin, error.message)


def _invoice(invoice: JsonObject, origin: RowOrigin, mapping: LegacyMapping) -> Iterator[LegacyRow]:
    document, party = text_of(invoice, "id"), text_of(invoice, "customer")
    if not document or not party:
        raise LegacyValueInvalid("The invoice has no id or no customer.")
    currency = currency_code(text_of(invoice, "currency"), mapping)

    def money(owner: JsonObject, key: str) -> Money:
        return money_in_parts(text_of(owner, key), currency, mapping)

    yield LegacyParty(
        origin, party, text_of(invoice, "customer_name"), text_of(invoice, "customer_email")
    )
    yield LegacyDocument(
        origin,
        document,
        text_of(invoice, "number"),
        party,
        currency,
        unix_instant(invoice.get("created")).date(),
        money(invoice, "total"),
        money(invoice, "amount_paid") if "amount_paid" in invoice else None,
        period_from=_instant(invoice.get("period_start")),
        period_until=_instant(invoice.get("period_end")),
        state=text_of(invoice, "status"),
    )
    yield from _lines(invoice, document, currency, origin, mapping)
    if "amount_paid" in invoice and (paid := money(invoice, "amount_paid")).minor:
        yield LegacySettlement(origin, document, "", SettlementKind.PAYMENT, paid)


def _lines(
    invoice: JsonObject, document: str, currency: str, origin: RowOrigin, mapping: LegacyMapping
) -> Iterator[LegacyLine]:
    lines = invoice.get("lines")
    if isinstance(lines, dict) and lines.get("has_more"):
        raise LegacyValueInvalid("Only the first lines of the invoice are in the file (has_more).")

    def part(owner: JsonObject, key: str, kind: LegacyLineKind, sign: int = 1) -> LegacyLine:
        amount = money_in_parts(text_of(owner, key), currency, mapping)
        return LegacyLine(origin, document, "", kind, "", kind.capitalize(), amount * sign)

    for line in objects_of(invoice, "lines"):
        period = line.get("period") or {}
        yield LegacyLine(
            origin_of(Path(origin.file), origin.line, line, _LINE_TAKEN),
            document,
            text_of(line, "id"),
            LegacyLineKind.CHARGE,
            _product(line),
            text_of(line, "description"),
            money_in_parts(text_of(line, "amount"), currency, mapping),
            plain_decimal(text_of(line, "quantity")) if line.get("quantity") is not None else None,
            _instant(period.get("start")),
            _instant(period.get("end")),
        )
    for discount in objects_of(invoice, "total_discount_amounts"):
        yield part(discount, "amount", LegacyLineKind.DISCOUNT, -1)
    for tax in objects_of(invoice, "total_tax_amounts"):
        if not tax.get("inclusive"):
            yield part(tax, "amount", LegacyLineKind.TAX)
    for tax in objects_of(invoice, "total_taxes"):
        if tax.get("tax_behavior") != "inclusive":
            yield part(tax, "amount", LegacyLineKind.TAX)


def _product(line: JsonObject) -> str:
    """The id of the line's price, or of the plan it had before prices were."""
    for key in ("price", "plan"):
        found = line.get(key)
        if isinstance(found, dict):
            return text_of(found, "id")
        if isinstance(found, str):
            return found
    details = (line.get("pricing") or {}).get("price_details") or {}
    return text_of(details, "price")


def _instant(seconds: object) -> datetime | None:
    return None if seconds is None else unix_instant(seconds)
