"""Files from the pages of finance: a statement, what was billed as FOCUS, what was invoiced."""

from __future__ import annotations

import csv
from decimal import Decimal, InvalidOperation
from io import StringIO

import pytest
from django.test import Client

from billing.receivables.models import BankFile, BankRow
from console.shell.masking import HIDDEN
from core.xlsx_out import CONTENT_TYPE
from tests.console.platform import Platform
from tests.core.test_xlsx_out import read_book

DAYS = "from=2026-05-01&to=2026-05-31"


def rows(client: Client, url: str) -> list[dict[str, str]]:
    """The rows of a file."""
    answer = client.get(url)
    assert answer.status_code == 200, url
    text = answer.getvalue().decode("utf-8-sig")
    return list(csv.DictReader(StringIO(text)))


def test_the_statement_page_offers_its_files(platform: Platform, support: Client) -> None:
    page = support.get(f"/accounts/{platform.acme.account.public_id}/statement/?{DAYS}")
    html = page.content.decode()

    assert "/statement/+csv/?from=2026-05-01&amp;to=2026-05-31" in html
    assert all(f"version={version}" in html for version in ("1.2", "1.4"))


def test_a_statement_is_a_file_that_ends_with_what_is_owed(
    platform: Platform, support: Client
) -> None:
    found = rows(support, f"/accounts/{platform.acme.account.public_id}/statement/+csv/?{DAYS}")

    assert (found[0]["what"], found[0]["owed_after_it"]) == ("Owed before", "0.00")
    assert (found[-1]["source"], found[-1]["owed_after_it"]) == (
        platform.invoice.number,
        "110.60",
    )


def test_what_was_billed_is_a_focus_file(platform: Platform, support: Client) -> None:
    found = rows(
        support, f"/accounts/{platform.acme.account.public_id}/statement/focus/+csv/?{DAYS}"
    )

    assert sum(Decimal(row["BilledCost"]) for row in found) == Decimal("110.60")
    assert {row["InvoiceId"] for row in found} == {platform.invoice.number}


@pytest.mark.parametrize("grain", ["summary", "product", "price", "customer", "invoice", "line"])
def test_what_was_invoiced_sums_to_the_same_in_every_grain(
    grain: str, platform: Platform, support: Client
) -> None:
    found = rows(support, f"/receivables/revenue/+csv/?grain={grain}&{DAYS}")

    assert sum(Decimal(row["amount"]) for row in found) == Decimal("110.60")
    assert f'<option value="{grain}"' in support.get("/receivables/revenue/").content.decode()


@pytest.mark.parametrize(
    "query", ["grain=colour", "from=2026-05-31&to=2026-05-01", "from=yesterday"]
)
@pytest.mark.parametrize("page", ["", "+csv/", "+xlsx/"])
def test_what_cannot_be_read_is_refused(
    query: str, page: str, platform: Platform, support: Client
) -> None:
    assert support.get(f"/receivables/revenue/{page}?{query}").status_code == 422


def test_revenue_opens_from_all_of_it_down_to_the_line(platform: Platform, support: Client) -> None:
    """110.60: one product, whose prices are 100.00, 10.00 and 0.60, of one customer."""
    path, opened = f"/receivables/revenue/?{DAYS}", []
    for _ in range(5):
        (shown,) = support.get(path).context["currencies"]
        opened.append((shown.rows[0].row.name, str(shown.rows[0].row.amount.amount)))
        path = f"/receivables/revenue/{shown.rows[0].url}"
    line = support.get(path).context["currencies"][0].rows[0]

    assert opened == [
        ("", "110.60"),
        ("standard", "110.60"),
        ("Dyno", "100.00"),
        ("Acme", "100.00"),
        ("Acme", "100.00"),
    ]
    assert line.url == f"/invoices/{platform.invoice.number}/lines/?line=1#line-1"
    assert support.get(line.url).status_code == 200


def test_what_narrows_revenue_is_said_and_can_be_taken_away(
    platform: Platform, support: Client
) -> None:
    acme = platform.acme.account.public_id

    page = support.get(f"/receivables/revenue/?grain=price&customer={acme}&{DAYS}")

    assert page.context["narrowed"] == [
        ("customer", "Acme", "?from=2026-05-01&to=2026-05-31&grain=price")
    ]
    assert f"/receivables/revenue/+xlsx/?grain=price&amp;customer={acme}" in page.content.decode()
    globex = platform.globex.account.public_id
    assert (
        "Nothing was earned"
        in support.get(f"/receivables/revenue/?customer={globex}&{DAYS}").content.decode()
    )
    assert support.get("/receivables/revenue/?customer=acc_0").status_code in (404, 422)


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/+{kind}/",
        "/invoices/+{kind}/",
        "/finance/payments/+{kind}/",
        "/receivables/+{kind}/?on=2026-05-31",
        "/books/+{kind}/",
        "/finance/bank-files/{bank_file}/+{kind}/",
        "/finance/credit-notes/+{kind}/",
        "/accounts/{account}/statement/+{kind}/?from=2026-05-01",
        "/accounts/{account}/statement/focus/+{kind}/?from=2026-05-01&version=1.2",
        "/receivables/revenue/+{kind}/?grain=line&from=2026-05-01",
        "/catalogue/simulations/{simulation}/+{kind}/",
    ],
)
def test_every_list_is_a_spreadsheet_with_the_cells_of_its_csv_file(
    path: str, platform: Platform, senior: Client
) -> None:
    account, simulation = platform.acme.account.public_id, platform.simulation.public_id
    bank_file = BankFile.objects.values_list("public_id", flat=True).get()
    names = {"account": account, "simulation": simulation, "bank_file": bank_file}
    urls = [path.format(kind=kind, **names) for kind in KINDS]
    plain, book = (senior.get(url) for url in urls)

    found = read_book(book.getvalue())

    written = list(csv.reader(StringIO(plain.getvalue().decode("utf-8-sig"))))
    assert book["Content-Type"] == CONTENT_TYPE
    assert book["Content-Disposition"].endswith('.xlsx"')
    assert len(found) == len(written) > 1
    assert [same(cells) for cells in found] == [same(cells) for cells in written]


KINDS = ("csv", "xlsx")


def same(cells: list[str]) -> list[object]:
    """Cells as they are told apart from others: numbers by their value, no cell at the end."""
    found: list[object] = [_plain(cell) for cell in cells]
    while found and found[-1] == "":
        found.pop()
    return found


def _plain(cell: str) -> object:
    try:
        return Decimal(cell).normalize()
    except InvalidOperation:
        return cell


def test_an_operator_takes_no_files_of_customers(platform: Platform, operator: Client) -> None:
    account = platform.acme.account.public_id

    for url in (
        f"/accounts/{account}/statement/+csv/",
        f"/accounts/{account}/statement/focus/+csv/",
        "/receivables/revenue/+csv/",
    ):
        assert operator.get(url).status_code == 403


def test_ages_of_a_day_are_a_file_that_adds_up_to_what_is_owed(
    platform: Platform, support: Client
) -> None:
    found = rows(support, "/receivables/+csv/")
    (acme,) = [row for row in found if row["payer"] == "Acme"]
    buckets = [Decimal(value) for name, value in acme.items() if name.startswith("due_")]

    assert sum(buckets) == Decimal(acme["owed"])
    assert rows(support, "/receivables/+csv/?on=2020-01-01") == []


def test_books_of_every_currency_sum_to_nothing(platform: Platform, support: Client) -> None:
    found = rows(support, "/books/+csv/")

    assert found
    assert sum(Decimal(row["as_effective"]) for row in found) == 0
    assert sum(Decimal(row["as_booked"]) for row in found) == 0


def test_what_payers_wrote_is_hidden_where_the_page_hides_it(
    platform: Platform, support: Client, senior: Client
) -> None:
    row = BankRow.objects.earliest("line")
    url = f"/finance/bank-files/{row.file.public_id}/+csv/"

    hidden, shown = rows(support, url), rows(senior, url)

    assert {each["text"] for each in hidden} <= {"", HIDDEN}
    assert shown[0]["text"].lstrip("'") == row.text
    assert rows(support, f"{url}?fate=ignored") == []
    assert support.get(f"{url}?fate=colour").status_code == 422


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/receivables/+{kind}/", "/receivables/"),
        ("/books/+{kind}/", "/books/"),
        ("/finance/dunning/late/+{kind}/", "/finance/dunning/"),
        ("/finance/dunning/steps/+{kind}/", "/finance/dunning/"),
        ("/finance/refunds/+{kind}/", "/finance/payments/"),
        ("/finance/credit-notes/+{kind}/", "/invoices/"),
    ],
)
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_every_list_of_money_offers_its_file(
    kind: str, path: str, page: str, platform: Platform, support: Client
) -> None:
    url = path.format(kind=kind)

    assert f'href="{url}"' in support.get(page).content.decode()
    answer = support.get(url)
    assert answer["Content-Disposition"].endswith(f'.{kind}"')
    assert answer.getvalue()
