"""Every list of the console is a CSV file and a spreadsheet: all rows of the page."""

from __future__ import annotations

import csv
from decimal import Decimal
from io import StringIO

import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse

from console.shell import sheets
from console.shell.sheets import Sheet
from console.urls import urlpatterns
from core.money import Money
from tests.console.pages import BILLING, COUNTS, LISTS, WORK, address
from tests.console.platform import Platform
from tests.console.test_exports import same
from tests.core.test_xlsx_out import read_book

NO_FILE = {
    "account": "a page of one account; its invoices, resources and timeline have files",
    "account-as-customer": "one account as it is shown outside",
    "account-bill": "a bill in the making; an invoice has its documents as CSV and more",
    "account-change": "one decision",
    "account-change-withdraw": "one decision",
    "account-coupon-redeem": "one decision",
    "account-grant": "one grant with its draws",
    "account-grant-new": "one decision",
    "account-grant-revoke": "one decision",
    "account-limit-end": "one decision",
    "account-limit-new": "one decision",
    "account-plans": "who has what, by account; plans have a file",
    "account-seat-leave": "one decision",
    "account-seats": "one subscription; its plan is in a file",
    "account-statement": "has files of its own, by format",
    "adjustment": "one document",
    "backfill": "one back-fill",
    "backfill-step": "one decision",
    "close": "one month, whose journals have files",
    "closes": "a row a month; the figures of each are in its close",
    "credit-note": "one document, with files of its own",
    "dispute": "one case",
    "dispute-batch": "one batch",
    "dispute-hours": "a calendar",
    "dispute-others": "found anew each time; what is kept of it is a batch",
    "event": "one event",
    "event-correct": "one decision",
    "explain": "one line, whose proof is a file",
    "explain-bill": "one line, whose proof is a file",
    "incident": "one incident",
    "inbox": "what waits for one person now",
    "invoice": "one document, with files of its own",
    "invoice-compare": "two documents, with files of their own",
    "invoice-documents": "the files themselves",
    "invoice-history": "one document; the timeline of its account has a file",
    "invoice-lines": "one document, whose lines leave as its CSV",
    "invoice-payments": "one document; payments have a file",
    "late-waive": "one decision",
    "licence-quote": "one document",
    "meter": "one meter",
    "meter-retire": "one decision",
    "oncall": "what is late now, which renews itself",
    "oncall-queue": "one queue",
    "payment": "one payment",
    "payment-step": "one decision",
    "plan-retire": "one decision",
    "proposals-policy": "one version of the policy",
    "quarantine-settle": "one decision",
    "resource": "one resource; its events have a file",
    "rules": "the rules in force, each a page",
    "rules-bounds": "one decision",
    "rules-numbers": "one decision",
    "rules-format": "one decision",
    "rules-matching": "one decision",
    "rules-applying": "one decision",
    "run-start": "one decision",
    "simulation": "has a file of its own",
    "sources-waive": "one decision",
    "style": "the parts that pages are made of",
    "tokens": "one's own, a handful",
    "views": "one's own and shared, a handful",
    "version": "one version",
    "version-cases": "one version",
    "version-check": "one version",
    "version-compare": "two versions",
}
"""Screens with a table and no file, and why."""


@pytest.mark.parametrize("name", [*BILLING, *COUNTS, *WORK])
def test_a_screen_with_a_table_has_its_files_or_says_why_not(
    name: str, platform: Platform, senior: Client
) -> None:
    page = senior.get(address(name, platform)).content.decode()

    has_files = "/+csv/" in page and "/+xlsx/" in page
    if name in NO_FILE:
        assert name not in LISTS
    elif "<table" in page:
        assert has_files


def test_every_list_with_a_file_is_walked_here() -> None:
    names = {str(pattern.name) for pattern in urlpatterns}
    asks_kind = {
        str(pattern.name).removesuffix("-file")
        for pattern in urlpatterns
        if str(pattern.name).endswith("-file") and "file_kind:kind" in str(pattern.pattern)
    }

    lists = {each for each in asks_kind if each in names} - {"simulation", "account-statement"}
    assert set(LISTS) == lists | {"licence"}


@pytest.mark.parametrize("name", [each for each in LISTS if each in (*BILLING, *COUNTS)])
def test_both_files_hold_every_row_of_the_list(
    name: str, platform: Platform, senior: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "READ_AT_ONCE", 2)
    urls = [_file_of(name, platform, kind) for kind in ("csv", "xlsx")]

    plain, book = (senior.get(url) for url in urls)

    assert (plain.status_code, book.status_code) == (200, 200)
    written = list(csv.reader(StringIO(plain.getvalue().decode("utf-8-sig"))))
    found = read_book(book.getvalue())
    assert [same(cells) for cells in found] == [same(cells) for cells in written]
    page = senior.get(address(name, platform))
    rows = getattr(page.context.get("page"), "rows", None)
    if rows is not None and name not in ("late", "events"):
        assert len(written) - 1 >= len(rows)
    assert all(len(cells) == len(written[0]) for cells in written)


@pytest.mark.parametrize("name", [each for each in LISTS if each in BILLING])
def test_an_operator_takes_no_file_of_customers(
    name: str, platform: Platform, operator: Client
) -> None:
    assert operator.get(_file_of(name, platform, "csv")).status_code == 403


def test_what_is_parked_leaves_only_with_those_who_may_see_whose_it_is(
    platform: Platform, operator: Client, support: Client
) -> None:
    url = _file_of("run", platform, "csv")

    assert operator.get(url).status_code == 403
    assert "Globex" in support.get(url).getvalue().decode()


def test_an_operator_takes_away_how_much_is_held_and_not_whose(
    platform: Platform, operator: Client, support: Client
) -> None:
    url = _file_of("quarantine", platform, "csv")

    counts = list(csv.reader(StringIO(operator.get(url).getvalue().decode("utf-8-sig"))))
    events = list(csv.reader(StringIO(support.get(url).getvalue().decode("utf-8-sig"))))

    assert counts[0] == ["reason", "what_helps", "oldest", "events"]
    assert sum(int(row[-1]) for row in counts[1:]) == len(events) - 1


def test_a_file_is_narrowed_as_its_page(platform: Platform, senior: Client) -> None:
    url = reverse("console:proposals-file", args=["csv"])

    with_all = senior.get(f"{url}?state=all").getvalue().decode().splitlines()
    rejected = senior.get(f"{url}?state=rejected").getvalue().decode().splitlines()

    assert len(rejected) == 1
    assert senior.get(f"{url}?state=purple").status_code == 422
    assert with_all[0] == rejected[0]


def test_cells_are_plain_and_no_text_is_a_formula() -> None:
    sheet = Sheet("things", {"name": "name", "sum": "sum", "is": "flag", "of": "other.name"})

    class Thing:
        name, sum, flag, other = "=cmd()", Money(Decimal("1250.50"), "USD"), True, None

    lines = b"".join(sheet.of_rows("csv", [Thing()]).streaming_content)  # type: ignore[attr-defined]  # a streamed answer

    assert lines.decode("utf-8-sig").splitlines()[1] == "'=cmd(),1250.50,yes,"


def _file_of(name: str, platform: Platform, kind: str) -> str:
    path, _, query = address(name, platform).partition("?")
    if name == "licence":
        path += "movements/"
    try:
        url = reverse(f"console:{name}-file", args=[kind])
    except NoReverseMatch:
        url = f"{path}+{kind}/"
    return f"{url}?{query}" if query else url
