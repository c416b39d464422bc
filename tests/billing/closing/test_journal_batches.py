"""Journals leave in batches: the same again, and afterwards only what is new."""

import csv
from collections import defaultdict
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import pytest
from django.core.management import call_command

from billing.closing.models import BatchedJournal
from billing.closing.months import read_month
from billing.closing.operations.journal_batches import NothingToExport, export
from billing.closing.queries.journal_file import BatchNotFound, bytes_of, file_of, find_batch
from billing.receivables.operations import corrections
from tests.billing.closing.revenue_books import RevenueBooks
from tests.people import ADA, SAM
from tests.story import Story

pytestmark = pytest.mark.django_db

SEPTEMBER = read_month("2026-09")


@pytest.fixture
def september(books: RevenueBooks) -> RevenueBooks:
    """Two invoices and a payment of September; it is October."""
    books.story.on("2026-09-05")
    invoice = books.invoice({"fee": "100.00"}, rate="19")
    books.story.on("2026-09-20")
    books.paid(invoice, "50.00")
    books.invoice({"more": "30.00"}, rate="19")
    books.story.on("2026-10-03")
    return books


def rows(content: bytes) -> list[dict[str, str]]:
    """A file as a spreadsheet reads it."""
    return list(csv.DictReader(content.decode("utf-8-sig").splitlines()))


def test_tm47_the_same_range_again_is_the_same_batch_and_bytes(september: RevenueBooks) -> None:
    (first,) = export(month=SEPTEMBER, at=september.at, by=ADA)
    content = bytes_of(file_of(first))
    (again,) = export(month=SEPTEMBER, at=september.at, by=SAM)
    assert again == first
    assert bytes_of(file_of(again)) == content
    assert sha256(content).hexdigest() == first.sha256


def test_tm47_a_journal_that_comes_afterwards_is_in_the_next_batch_alone(
    september: RevenueBooks,
) -> None:
    (first,) = export(month=SEPTEMBER, at=september.at, by=ADA)
    content = bytes_of(file_of(first))
    invoice = september.customer.invoices[0]
    corrections.write_off(
        invoice=invoice, amount_minor=100, recorded=september.recorded("2026-09-30")
    )
    same, second = export(month=SEPTEMBER, at=september.at, by=ADA)
    assert (same, bytes_of(file_of(same))) == (first, content)
    assert (second.number, second.journal_count) == (2, 1)
    assert {row["kind"] for row in rows(bytes_of(file_of(second)))} == {"written_off"}
    assert BatchedJournal.objects.count() == first.journal_count + 1


def test_tm47_debits_are_credits_in_each_batch_and_currency(
    story: Story, september: RevenueBooks
) -> None:
    yen = RevenueBooks(story, story.account("Kaisha", currency="JPY"))
    story.on("2026-09-25")
    yen.invoice({"fee": "1000"})
    story.on("2026-10-03")
    (batch,) = export(month=SEPTEMBER, at=story.at, by=ADA)
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows(bytes_of(file_of(batch))):
        sums[row["currency"]] += Decimal(row["debit"] or 0) - Decimal(row["credit"] or 0)
    assert sums == {"EUR": 0, "JPY": 0}


def test_a_line_says_whose_and_of_which_jurisdiction(september: RevenueBooks) -> None:
    (batch,) = export(month=SEPTEMBER, at=september.at, by=ADA)
    tax = [row for row in rows(bytes_of(file_of(batch))) if row["book"] == "tax-payable"]
    assert {row["part"] for row in tax} == {"DE"}
    assert [row["credit"] for row in tax] == ["19.00", "5.70"]
    owed = [row for row in rows(bytes_of(file_of(batch))) if row["book"] == "receivables"]
    assert {row["account"] for row in owed} == {september.customer.account.public_id}


def test_a_month_of_nothing_is_no_batch(september: RevenueBooks) -> None:
    with pytest.raises(NothingToExport):
        export(month=read_month("2026-08"), at=september.at, by=ADA)
    with pytest.raises(BatchNotFound):
        find_batch("jbt_none")


def test_the_command_writes_the_same_files(september: RevenueBooks, tmp_path: Path) -> None:
    call_command("export_journals", "--month", "2026-09", "--into", str(tmp_path))
    (file,) = tmp_path.iterdir()
    before = file.read_bytes()
    call_command("export_journals", "--month", "2026-09", "--into", str(tmp_path))
    assert [each.read_bytes() for each in tmp_path.iterdir()] == [before]
