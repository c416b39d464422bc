"""A paper as CSV: its lines, then what they add up to, one amount a row."""

from __future__ import annotations

from collections.abc import Iterator

from billing.papers.content import PaperContent
from core.csv_out import CsvNumber, csv_lines
from core.decimals import decimal_text

COLUMNS = (
    "row", "document", "number", "issued_on", "position", "group", "description", "quantity",
    "unit", "unit_price", "currency", "amount", "tax_group", "tax_rate", "first_on", "last_on",
)  # fmt: skip


def as_csv(content: PaperContent) -> bytes:
    """The bytes of the file. Rows of `line` add up to that of `subtotal`."""
    return "".join(csv_lines(COLUMNS, _rows(content))).encode()


def _rows(content: PaperContent) -> Iterator[list[object]]:
    shared = [content.kind, content.number, content.issued_on.isoformat()]

    def amount(minor: int) -> CsvNumber:
        return CsvNumber(content.money(minor).amount)

    def of_all(row: str, minor: int) -> list[object]:
        return [row, *shared, *[""] * 6, content.currency, amount(minor), *[""] * 4]

    for line in content.lines:
        yield [
            "line", *shared, line.position, line.group, line.description,
            "" if line.quantity is None else CsvNumber(decimal_text(line.quantity)),
            line.unit,
            "" if line.unit_price is None else CsvNumber(decimal_text(line.unit_price)),
            content.currency, amount(line.amount_minor), line.tax_group, "",
            line.first_on.isoformat() if line.first_on else "",
            line.last_on.isoformat() if line.last_on else "",
        ]  # fmt: skip
    yield of_all("subtotal", content.subtotal_minor)
    for tax in content.taxes:
        yield [
            "tax", *shared, "", "", tax.name, "", "", "", content.currency,
            amount(tax.tax_minor), tax.group, CsvNumber(decimal_text(tax.rate)), "", "",
        ]  # fmt: skip
    if content.carried_minor:
        yield of_all("carried", content.carried_minor)
    yield of_all("total", content.total_minor)
    yield of_all("paid", content.paid_minor)
    yield of_all("due", content.due_minor)
