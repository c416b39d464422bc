"""A bank's file as a few rows of text, and what became of each."""

from __future__ import annotations

from billing.receivables.models import BankRow
from billing.receivables.operations import bank_files
from billing.receivables.operations.bank_files import BankImport, BankUpload
from billing.receivables.queries.bank_rows import fate_of
from billing.receivables.queries.rule_versions import bank_format
from tests.billing.receivables.books import Books

HEADER = "date,amount,currency,text,payer_reference,bank_reference,kind"


def csv_file(*rows: str, header: str = HEADER) -> bytes:
    """A file of the house's own form; a row is written as in a CSV, its last cells left out."""
    width = header.count(",")
    return "\n".join([header, *(row + "," * (width - row.count(",")) for row in rows)]).encode()


def upload(books: Books, content: bytes, *, form: str = "standard") -> BankUpload:
    """The file as a door hands it over."""
    return BankUpload(content, "june.csv", "bank:house", bank_format(form, at=books.at))


def imports(books: Books, *rows: str) -> BankImport:
    """Import such a file now."""
    return bank_files.import_file(upload=upload(books, csv_file(*rows)), recorded=books.recorded())


def fates(done: BankImport) -> list[str]:
    """What became of each row, in its order."""
    return [each.fate for each in done.rows]


def row(text: str) -> BankRow:
    """The stored row with this text."""
    return BankRow.objects.select_related("file").get(text=text)


def fate(text: str) -> str:
    """The fate of the row with this text."""
    found = fate_of(row(text))
    assert found is not None
    return found.fate
