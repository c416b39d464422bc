"""docs/closing.md: the amounts of its tables are earned as they are printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from billing.closing.models import RevenueEntry
from billing.closing.months import read_month
from core.money import Money
from tests.billing.closing.revenue_books import Charge, RevenueBooks
from tests.billing.closing.test_recognition import months

pytestmark = pytest.mark.django_db

PAGE = (Path(__file__).parents[3] / "docs/closing.md").read_text()
AMOUNT = re.compile(r"\d[\d,]*\.\d\d")


def printed(charge: str) -> list[str]:
    """The amounts that stand beside a charge in the table, in order."""
    (said,) = re.findall(rf"^\| {re.escape(charge)} \| (.+) \|$", PAGE, re.MULTILINE)
    return [amount.replace(",", "") for amount in AMOUNT.findall(said)]


def test_a_year_from_the_last_of_january_earns_what_is_printed(books: RevenueBooks) -> None:
    books.story.on("2024-01-31")
    books.bills(year=Charge("366.00", "2024-01-31", "2025-01-31"))
    year = months("2024-01", 13)
    for month in year:
        books.recognises(month)

    earned = [books.earned(month) for month in year]

    assert [*earned[:3], earned[-1]] == printed("366.00 for 31 Jan 2024 to 30 Jan 2025")


def test_a_calendar_year_earns_and_defers_what_is_printed(books: RevenueBooks) -> None:
    books.story.on("2026-01-01")
    books.bills(year=Charge("1200.00", "2026-01-01", "2027-01-01"))
    books.recognises("2026-01")

    assert list(books.sums("2026-01")[:2]) == printed("1,200.00 for 2026")


def test_29_days_earn_what_is_printed_by_the_1st_the_15th_and_the_28th(
    books: RevenueBooks,
) -> None:
    """Three charges of which so many days are in February of 2028; the last one's rest in March."""
    books.story.on("2028-02-01")
    for first, until in (
        ("2028-02-29", "2028-03-29"), ("2028-02-15", "2028-03-15"), ("2028-02-02", "2028-03-02"),
    ):  # fmt: skip
        books.bills(fee=Charge("29.99", first, until))
    for month in ("2028-02", "2028-03"):
        books.recognises(month)

    def earned(month: str) -> list[str]:
        entries = RevenueEntry.objects.filter(recognition__month_on=read_month(month).first_on)
        minors = entries.order_by("schedule_id").values_list("recognised_minor", flat=True)
        return [str(Money.from_minor(minor, "EUR").amount) for minor in minors]

    assert [*earned("2028-02"), earned("2028-03")[-1]] == printed("29.99 over 29 days")


@pytest.mark.parametrize(("day", "said"), [("2026-01-02", "2 January"), ("2026-03-05", "5 March")])
def test_a_credit_lowers_the_months_that_are_printed(
    day: str, said: str, books: RevenueBooks
) -> None:
    told = " ".join(PAGE.split("30.00 are credited:")[1].split("Deferred revenue ends")[0].split())
    quarter = months("2026-01", 3)
    books.story.on("2026-01-01")
    invoice = books.bills(quarter=Charge("120.00", "2026-01-01", "2026-04-01"))
    for month in quarter:
        if month < day[:7]:
            books.recognises(month)
    books.story.on(day)
    books.credits(invoice, "quarter", "30.00")
    for month in quarter:
        books.recognises(month)

    earned = [books.earned(month) for month in quarter]

    assert earned == AMOUNT.findall(told.split(said)[1])[:3]
    assert books.stands("deferred-revenue", "2026-03") == "0.00"
