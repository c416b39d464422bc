"""What was owed on a past day, and what a statement says of it."""

from datetime import datetime

from billing.ledger.models import JournalLine
from billing.receivables.operations import corrections
from billing.receivables.queries.ageing import AgeingRow, ageing
from billing.receivables.queries.open_items import overdue_from
from billing.receivables.queries.statement import AccountStatement, statement
from core.periods import Period
from tests.billing.receivables.books import Books
from tests.story import instant


def aged(books: Books, at: str) -> AgeingRow:
    (row,) = ageing(at=instant(at), payers=[books.customer.account.pk])
    return row


def said(books: Books, start: str, end: str, known_at: str | None = None) -> AccountStatement:
    return statement(
        books.customer.account,
        period=Period(instant(start), instant(end)),
        currency="EUR",
        known_at=instant(known_at) if known_at else None,
    )


def test_tm28_ageing_of_a_past_day_knows_only_that_day_and_leaves_nothing_out(
    books: Books,
) -> None:
    books.story.on("2026-04-15")
    first = books.invoice({"a": "110.00"}, terms_days=30)
    books.story.on("2026-05-20")
    books.pays("20.00")
    books.story.on("2026-05-31")
    books.invoice({"b": "60.00"}, terms_days=30)
    books.story.on("2026-06-30")
    books.paid(first, "110.00")
    row = aged(books, "2026-05-31")
    assert {name: minor for name, minor in row.minor.items() if minor} == {
        "1_30": 11000,
        "not_due": 6000,
        "free": -2000,
    }
    assert str(row.total) == "150.00 EUR"
    on_the_day = JournalLine.objects.filter(
        account=books.customer.account, journal__effective_at__lte=instant("2026-05-31")
    )
    assert sum(on_the_day.values_list("amount_minor", flat=True)) == row.total_minor


def test_tm31_overdue_begins_where_the_due_day_ends_on_the_accounts_own_clock(
    books: Books,
) -> None:
    def due(day: str, zone: str) -> datetime:
        books.story.on(day)
        books.zone = zone
        return overdue_from(books.invoice({"a": "1.00"}, terms_days=0))

    assert due("2026-03-29T12:00", "Europe/Berlin") == instant("2026-03-29T22:00")
    assert due("2026-10-31T12:00", "America/Los_Angeles") == instant("2026-11-01T07:00")
    assert due("2026-11-01T12:00", "America/Los_Angeles") == instant("2026-11-02T08:00")


def test_statements_of_ranges_that_meet_tile_and_a_settlement_is_no_entry(books: Books) -> None:
    invoice = books.invoice({"a": "100.00"}, rate="19")
    books.story.on("2026-06-10")
    books.paid(invoice, "50.00")
    books.story.on("2026-07-03")
    books.credits(invoice)
    june = said(books, "2026-06-01", "2026-07-01")
    july = said(books, "2026-07-01", "2026-08-01")
    assert [(each.title, str(each.amount)) for each in june.entries] == [
        ("Invoice issued", "119.00 EUR"),
        ("Payment received", "-50.00 EUR"),
    ]
    assert (str(june.closing), june.closing) == ("69.00 EUR", july.opening)
    assert str(july.closing) == "-50.00 EUR"


def test_tm42_a_void_dated_back_is_told_by_both_clocks(books: Books) -> None:
    books.story.on("2026-09-05")
    invoice = books.invoice({"a": "119.00"})
    books.story.on("2026-10-10")
    corrections.void(invoice=invoice, recorded=books.recorded("2026-09-05"))
    assert str(said(books, "2026-09-01", "2026-10-01").closing) == "0.00 EUR"
    assert str(said(books, "2026-09-01", "2026-10-01", "2026-09-30").closing) == "119.00 EUR"
    assert ageing(at=instant("2026-09-30"), payers=[books.customer.account.pk]) == []
