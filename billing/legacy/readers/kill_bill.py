r"""Kill Bill: the export of an account, all its tables in one stream.

Before each table stands a line `-- table column|column…`; its rows are separated by bars without
any quoting, a line break or bar in a text is written by its name, as in `\N{VERTICAL LINE}`. The
first row after a heading may be written raw: then it has the wrong number of fields, is a problem
by its line number, and never a shifted amount.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

from billing.legacy.amounts import (
    LegacyValueInvalid,
    currency_code,
    day,
    instant,
    money_in_units,
    plain_decimal,
)
from billing.legacy.mapping import LegacyMapping
from billing.legacy.readers.tables import Cells
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
from billing.parallel_run.textfile import FileRefused, lines_of

_HEADING = "-- "
_NAMED = re.compile(r"\\N\{([^}]*)\}")
_TAKEN = {
    "accounts": frozenset({"id", "name", "email", "country"}),
    "invoices": frozenset({"id", "account_id", "invoice_date", "currency", "status", "amount"}),
    "invoice_items": frozenset({
        "id", "type", "invoice_id", "description", "product_name", "plan_name", "usage_name",
        "start_date", "end_date", "amount", "quantity", "currency",
    }),
    "invoice_payments": frozenset({
        "id", "type", "invoice_id", "payment_date", "amount", "currency", "success",
    }),
}  # fmt: skip
_TAXES = frozenset({"TAX"})
# Moves of the credit an account has: what pays an invoice, not what it charges.
_CREDITS = frozenset({"CBA_ADJ"})
_PAYMENTS = {
    "ATTEMPT": (SettlementKind.PAYMENT, 1),
    "REFUND": (SettlementKind.REFUND, -1),
    "CHARGED_BACK": (SettlementKind.REFUND, -1),
}


def read(paths: Sequence[Path], mapping: LegacyMapping) -> Iterator[LegacyRow]:
    """The rows of parties, invoices, items and payments; other tables are passed over.

    Raises: FileRefused.
    """
    for path in paths:
        for table, cells in _tables(path, mapping):
            if isinstance(cells, LegacyProblem):
                yield cells
                continue
            try:
                yield from list(_READ[table](cells, mapping))
            except LegacyValueInvalid as error:
                yield LegacyProblem(cells.origin, error.message)


def _tables(path: Path, mapping: LegacyMapping) -> Iterator[tuple[str, Cells | LegacyProblem]]:
    table, columns = "", list[str]()
    for line in lines_of(path):
        if line.text is None:
            yield table, LegacyProblem(RowOrigin(path.name, line.number, {}), line.problem)
            continue
        text = line.text.rstrip("\r\n")
        if text.startswith(_HEADING):
            table, _, names = text.removeprefix(_HEADING).partition(" ")
            columns = [mapping.columns.get(f"{table}.{each}", each) for each in names.split("|")]
        elif not table:
            raise FileRefused(f"{path.name} does not begin with the heading of a table.")
        elif table in _TAKEN and text:
            yield table, _row(path.name, line.number, text, table, columns)


def _row(
    file: str, number: int, text: str, table: str, columns: Sequence[str]
) -> Cells | LegacyProblem:
    fields = text.split("|")
    if len(fields) != len(columns):
        detail = f"The row of {table} has {len(fields)} fields, its heading {len(columns)}."
        return LegacyProblem(RowOrigin(file, number, {}), detail)
    cells = {name: _named(each) for name, each in zip(columns, fields, strict=True)}
    return Cells(file, number, cells, _TAKEN[table])


def _named(text: str) -> str:
    """The text with the characters that are written by their names."""

    def character(match: re.Match[str]) -> str:
        try:
            return unicodedata.lookup(match[1])
        except KeyError:
            return match[0]

    return _NAMED.sub(character, text) if "\\N{" in text else text


def _account(cells: Cells, mapping: LegacyMapping) -> Iterator[LegacyRow]:
    yield LegacyParty(
        cells.origin, cells("id"), cells.get("name"), cells.get("email"), cells.get("country")
    )


def _invoice(cells: Cells, mapping: LegacyMapping) -> Iterator[LegacyRow]:
    currency = currency_code(cells("currency"), mapping)
    said = cells.get("amount")
    yield LegacyDocument(
        cells.origin,
        cells("id"),
        cells.get("invoice_number") or cells("id"),
        cells("account_id"),
        currency,
        day(cells("invoice_date")),
        money_in_units(said, currency) if said else None,
        state=cells.get("status"),
    )


def _item(cells: Cells, mapping: LegacyMapping) -> Iterator[LegacyRow]:
    kind, currency = cells("type"), currency_code(cells("currency"), mapping)
    amount = money_in_units(cells("amount"), currency)
    if kind in _CREDITS:
        # Credit that is used stands below zero there, and pays here.
        yield LegacySettlement(
            cells.origin, cells("invoice_id"), cells("id"), SettlementKind.CREDIT, -amount
        )
        return
    line_kind = LegacyLineKind.TAX if kind in _TAXES else LegacyLineKind.CHARGE
    start, end, quantity = (cells.get(key) for key in ("start_date", "end_date", "quantity"))
    yield LegacyLine(
        cells.origin,
        cells("invoice_id"),
        cells("id"),
        line_kind,
        cells.get("usage_name") or cells.get("plan_name") or cells.get("product_name"),
        cells.get("description") or kind,
        amount,
        plain_decimal(quantity) if quantity else None,
        instant(start, mapping.zone) if start else None,
        instant(end, mapping.zone) if end else None,
    )


def _payment(cells: Cells, mapping: LegacyMapping) -> Iterator[LegacyRow]:
    if cells.get("success") in {"0", "false"}:
        return
    try:
        kind, sign = _PAYMENTS[cells("type")]
    except KeyError:
        raise LegacyValueInvalid(f"{cells('type')!r} is no type of payment.") from None
    amount = money_in_units(cells("amount"), currency_code(cells("currency"), mapping))
    size = amount if amount.minor >= 0 else -amount
    at = cells.get("payment_date")
    yield LegacySettlement(
        cells.origin,
        cells("invoice_id"),
        cells("id"),
        kind,
        size * sign,
        instant(at, mapping.zone) if at else None,
    )


_READ = {
    "accounts": _account,
    "invoices": _invoice,
    "invoice_items": _item,
    "invoice_payments": _payment,
}
