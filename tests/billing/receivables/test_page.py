"""docs/receivables.md: its examples come out as they are printed."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

from billing.receivables.bank.reading import read_file
from billing.receivables.models import DunningNotice, RuleVersion
from billing.receivables.operations import bank_files, dunning, rule_versions
from billing.receivables.policies.bank_formats import ROLES, read_bank_format
from tests.billing.receivables.bank import upload
from tests.billing.receivables.books import Books
from tests.people import ADA
from tests.story import instant

PAGE = (Path(__file__).parents[3] / "docs/receivables.md").read_text()


def block(kind: str, number: int = 0) -> str:
    """An example of a kind, in the order of the page."""
    found: list[str] = re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)
    return found[number]


def table(head: str) -> list[list[str]]:
    """The rows of the table with this head."""
    rows = PAGE.split(head, 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def test_the_file_comes_to_what_is_printed(books: Books) -> None:
    books.invoice({"a": "25.00"})
    books.invoice({"b": "25.00"})
    books.story.on("2026-06-04")
    done = bank_files.import_file(
        upload=upload(books, block("csv").encode()), recorded=books.recorded()
    )
    printed = table("| line | fate | why |")
    assert [[str(each.row.line), each.fate, each.why] for each in done.rows] == printed


def test_the_format_is_one_and_names_every_role() -> None:
    form = read_bank_format(json.loads(block("json")))
    content = "Buchungstag;Betrag;Verwendungszweck;IBAN\n02.06.2026;1.234,50;Müller;DE02\n"
    (row,) = read_file(content.encode("cp1252"), form).rows
    assert (row.amount_minor, row.texts["text"], str(row.booked_on)) == (
        123450,
        "Müller",
        "2026-06-02",
    )
    (said,) = [row for name, row in table("| field | says |") if name == "`columns`"]
    assert set(re.findall(r"`(\w+)`", said)) == set(ROLES)


def test_the_steps_come_to_what_is_printed(books: Books) -> None:
    books.story.on("2026-05-20")
    rule_versions.define(
        subject=RuleVersion.Subject.DUNNING,
        document=json.loads(block("json", 1)),
        recorded=books.recorded(),
    )
    first = books.invoice({"a": "100.00"}, terms_days=12)
    books.invoice({"b": "50.00"}, terms_days=16)
    books.story.on("2026-06-01T08:00")
    while books.at < instant("2026-06-20"):
        if books.at.day == 9:
            books.paid(first, "100.00")
        dunning.sweep(at=books.at, by=ADA)
        books.story.at += timedelta(days=1)
    said = [
        [str(each.on_day), each.action, each.asked[0]["decimal"]]
        for each in DunningNotice.objects.order_by("pk")
    ]
    assert said == table("| day | step | asks for |")
