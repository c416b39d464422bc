"""The lists of invoices and accounts: narrowed, sorted, paged, summed, and as files."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import pytest_django
from django.test import Client

from billing.invoicing.filters import InvoiceFilters
from billing.invoicing.models import Invoice
from billing.invoicing.queries import invoice_list
from billing.invoicing.queries.invoice_list import INVOICE_ORDERS, listed_invoices
from billing.overview.filters import BilledAccountFilters
from billing.overview.queries import account_list
from billing.overview.queries.account_list import ACCOUNT_ORDERS, account_page
from core.csv_out import BYTE_ORDER_MARK
from core.db.keyset_pages import Position, page_of
from tests.billing.prices import flat
from tests.console.platform import NOW, Platform
from tests.console.test_invoice_page import words
from tests.made_once import made_once
from tests.story import instant


@pytest.fixture(scope="module")
def _shops(
    _platform: Platform, django_db_blocker: pytest_django.DjangoDbBlocker
) -> Iterator[Platform]:
    with made_once(django_db_blocker, NOW):
        yield with_shops(_platform)


@pytest.fixture
def shops(_shops: Platform, db: None) -> Platform:
    return _shops


def with_shops(platform: Platform) -> Platform:
    """Beside Acme: Zebra pays 12.00 and Quiver 250.00 in dollars, Nori 3,000 yen, a month each; a
    draft of Quiver's May.
    """
    story = platform.story
    story.on("2026-02-20")
    sold = {
        "Zebra": story.plan("small", flat("12.00")),
        "=Quiver": story.plan("large", flat("250.00")),
        "Nori": story.plan("yen", flat("3000"), currency="JPY"),
    }
    found = {
        name: story.account(name, currency=plan.currency, zone=_zone(name))
        for name, plan in sold.items()
    }
    for name, customer in found.items():
        story.on("2026-02-28T15:00" if name == "Nori" else "2026-03-01")
        customer.subscribes(sold[name])
    ids = [customer.account.pk for customer in found.values()]
    story.on("2026-05-12T12:00").runs_billing(account_ids=ids)
    quiver = found["=Quiver"]
    story.on("2026-06-02").runs_billing(account_ids=[quiver.account.pk], issues=False)
    return platform


def _zone(name: str) -> str:
    return "Asia/Tokyo" if name == "Nori" else "UTC"


def refs(client: Client, query: str) -> list[str]:
    """Whose invoices a list shows, with the month each begins in."""
    rows = client.get(f"/invoices/?{query}").context["page"].rows
    return [f"{row.account.name} {row.period.end:%b}" for row in rows]


def file_of(client: Client, url: str) -> list[dict[str, str]]:
    answer: Any = client.get(url)
    text = b"".join(answer.streaming_content).decode()
    assert text.startswith(BYTE_ORDER_MARK)
    return list(csv.DictReader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK))))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sort=total&total_from=200", ["Nori Mar", "Nori Apr", "=Quiver Apr", "=Quiver May",
                                       "=Quiver Jun"]),
        ("sort=total&total_to=12", ["Zebra Apr", "Zebra May"]),
        ("sort=total&total_from=12.01&total_to=249.99", ["Acme May"]),
        ("total_from=3000&total_to=3000", ["Nori Apr", "Nori Mar"]),
        ("currency=JPY&sort=period", ["Nori Mar", "Nori Apr"]),
        ("named=cme", ["Acme May"]),
        ("number=cf-1", ["Acme May"]),
        ("number=1", ["Acme May"]),
        ("number=999", []),
        ("state=draft", ["=Quiver Jun"]),
        ("issued_until=2026-05-01", []),
        ("issued_from=2026-05-12&issued_until=2026-05-13&named=Zebra", ["Zebra May", "Zebra Apr"]),
    ],
)  # fmt: skip
def test_invoices_are_narrowed_by_what_finance_asks(
    query: str, expected: list[str], shops: Platform, support: Client
) -> None:
    assert refs(support, query) == expected


def test_a_month_is_that_of_the_invoice_s_own_clock(shops: Platform, support: Client) -> None:
    # March begins in Tokyo on 28 February, 15:00 UTC.
    begun = set(Invoice.objects.filter(currency="JPY").values_list("period_from", flat=True))
    assert instant("2026-02-28T15:00") in begun

    assert refs(support, "period=2026-03&currency=JPY") == ["Nori Mar"]
    assert refs(support, "period=2026-02") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("total_from=much", "total_from"),
        ("total_to=1e9", "total_to"),
        ("period=2026-13", "period"),
        ("period=2026-1", "period"),
        ("issued_from=9999-12-31", "issued_from"),
        ("issued_until=yesterday", "issued_until"),
        ("sort=secret", "sort"),
        ("sort=--total", "sort"),
        ("colour=red", "colour"),
    ],
)
@pytest.mark.parametrize("path", ["/invoices/", "/invoices/+csv/"])
def test_a_filter_that_means_nothing_is_refused_by_name(
    path: str, query: str, field: str, platform: Platform, support: Client
) -> None:
    answer = support.get(f"{path}?{query}")

    assert answer.status_code == 422
    assert field in answer.content.decode()


@pytest.fixture
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    def small(rows: Any, **given: Any) -> Any:
        return page_of(rows, size=2, **given)

    monkeypatch.setattr(invoice_list, "page_of", small)
    monkeypatch.setattr(account_list, "page_of", small)


def pages(read: Any) -> Iterator[list[str]]:
    """Every page there is, and then all of them again from the last to the first."""
    page = read(Position())
    forth = [page]
    while page.older:
        page = read(Position(after=page.older))
        forth.append(page)
    back = [page]
    while page.newer:
        page = read(Position(before=page.newer))
        back.insert(0, page)
    ids = [[row.public_id for row in each.rows] for each in forth]
    assert ids == [[row.public_id for row in each.rows] for each in back]
    yield from ids


@pytest.mark.usefixtures("_small_pages")
@pytest.mark.parametrize("column", INVOICE_ORDERS)
@pytest.mark.parametrize("is_reversed", [False, True])
def test_the_pages_of_a_sorted_list_hold_each_invoice_once(
    column: str, is_reversed: bool, shops: Platform
) -> None:
    order = INVOICE_ORDERS[column].reversed() if is_reversed else INVOICE_ORDERS[column]

    def read(position: Position) -> Any:
        return listed_invoices(InvoiceFilters.none(), order=order, position=position)

    walked = [each for page in pages(read) for each in page]

    whole = Invoice.objects.order_by(*order.names).values_list("public_id", flat=True)
    # Drafts have no number and no day: null is one of the values that are sorted.
    assert walked == list(whole)
    assert len(walked) == 8


@pytest.mark.usefixtures("_small_pages")
@pytest.mark.parametrize("column", ACCOUNT_ORDERS)
@pytest.mark.parametrize("is_reversed", [False, True])
def test_the_pages_of_a_sorted_list_hold_each_account_once(
    column: str, is_reversed: bool, shops: Platform
) -> None:
    order = ACCOUNT_ORDERS[column].reversed() if is_reversed else ACCOUNT_ORDERS[column]

    def read(position: Position) -> Any:
        return account_page(
            BilledAccountFilters.none(), order=order, at=instant("2026-05-12"), position=position
        )

    walked = [each for page in pages(read) for each in page]

    assert len(walked) == len(set(walked)) == 5


def test_a_list_says_what_it_comes_to_in_each_currency(shops: Platform, support: Client) -> None:
    page = words(support.get("/invoices/").content)
    narrow = words(support.get("/invoices/?named=Zebra").content)

    assert "2 invoices ¥6,000" in page
    assert "6 invoices $884.60" in page
    assert "2 invoices $24.00" in narrow
    assert "¥6,000" not in narrow


def test_sums_of_a_list_that_is_too_long_say_so(
    shops: Platform, support: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invoice_list, "SUMMED_MOST", 2)

    page = words(support.get("/invoices/?sort=-total&currency=USD").content)

    assert "Of the first 2 only; narrow the list to sum all of it: 2 invoices $500.00" in page


def test_accounts_are_summed_by_their_last_invoice(shops: Platform, support: Client) -> None:
    page = words(support.get("/accounts/").content)

    assert "1 account, last invoices ¥3,000" in page
    # Acme 110.60, Zebra 12.00, Quiver 250.00, and Globex has none.
    assert "4 accounts, last invoices $372.60" in page


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("plan=large", ["=Quiver"]),
        ("plan=standard&sort=-name", ["Globex", "Acme"]),
        ("zone=asia/tokyo", ["Nori"]),
        ("waiting=parked", ["Globex"]),
        ("waiting=held", ["Acme"]),
        ("waiting=held&plan=large", []),
        ("currency=JPY", ["Nori"]),
        ("sort=-total&currency=USD", ["Globex", "=Quiver", "Acme", "Zebra"]),
    ],
)
def test_accounts_are_narrowed_by_what_support_asks(
    query: str, expected: list[str], shops: Platform, support: Client
) -> None:
    rows = support.get(f"/accounts/?{query}").context["page"].rows

    assert [row.name for row in rows] == expected


def test_the_column_a_list_is_sorted_by_says_so_and_turns_round(
    shops: Platform, support: Client
) -> None:
    page = support.get("/invoices/?sort=-total&currency=USD").content.decode()

    assert page.count("aria-sort") == 1
    assert 'aria-sort="descending"><a class="sort" href="?sort=total&amp;currency=USD"' in page


def test_the_file_of_a_list_is_the_list(shops: Platform, support: Client) -> None:
    rows = file_of(support, "/invoices/+csv/?sort=-total&currency=USD")

    totals = [Decimal(row["total"]) for row in rows]
    assert totals == sorted(totals, reverse=True)
    assert sum(totals) == Decimal("884.60")
    # A name that a spreadsheet would take for a formula.
    assert rows[0]["account"] == "'=Quiver"
    assert rows[0]["issued_at"] or rows[0]["state"] == "draft"


def test_the_file_of_accounts_hides_what_the_role_may_not_see(
    shops: Platform, support: Client, senior: Client
) -> None:
    hidden = file_of(support, "/accounts/+csv/?plan=small")
    full = file_of(senior, "/accounts/+csv/?plan=small")

    assert full[0]["legal_name"] == "Zebra Ltd"
    assert "Zebra" not in hidden[0]["legal_name"]
    assert full[0]["last_total"] == hidden[0]["last_total"] == "12.00"


@pytest.mark.parametrize("path", ["/accounts/+csv/", "/invoices/+csv/"])
def test_a_file_is_for_those_who_may_see_the_list(
    path: str, platform: Platform, operator: Client
) -> None:
    assert operator.get(path).status_code == 403
    assert "next=" in Client().get(path).headers["Location"]


@pytest.mark.parametrize(("path", "queries"), [("/accounts/+csv/", 7), ("/invoices/+csv/", 4)])
def test_a_file_costs_the_same_questions_whatever_it_holds(
    path: str,
    queries: int,
    shops: Platform,
    support: Client,
    django_assert_num_queries: pytest_django.DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(queries):
        file_of(support, path)
