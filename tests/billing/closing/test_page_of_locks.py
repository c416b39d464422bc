"""docs/closing.md: what a locked month refuses, how kinds are earned, what a check compares."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from billing.closing.months import BooksMonth
from billing.closing.operations import closing
from billing.closing.recognition_policy import policy_in_force
from billing.ledger.models import Journal
from billing.ledger.operations import period_locking
from billing.ledger.period_locks import PeriodLocked
from billing.ledger.templates import DocumentKind
from billing.receivables.operations import corrections
from tests.billing.closing.revenue_books import Charge, RevenueBooks
from tests.billing.prices import per_unit
from tests.people import ADA
from tests.story import WHY, instant

pytestmark = pytest.mark.django_db

PAGE = (Path(__file__).parents[3] / "docs/closing.md").read_text()
OCTOBER = instant("2026-10-01")


def rows_of(heading: str) -> list[list[str]]:
    """The cells of the table whose head begins with this."""
    table = PAGE.split(f"| {heading} |", 1)[1].split("\n\n", 1)[0]
    found = [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]
    return [[cell.strip() for cell in row] for row in found]


def a_day_that_was_chosen(books: RevenueBooks) -> str:
    invoice = books.bills(fee=Charge("100.00", "2026-09-01", "2026-10-01"))
    books.locks("2026-09")
    with pytest.raises(PeriodLocked) as refused:
        corrections.write_off(invoice=invoice, recorded=books.recorded("2026-09-30"))
    assert "1 October 2026; that is the first date" in refused.value.message
    return "refused, with the first date that is open"


def told_late_by_a_bank(books: RevenueBooks) -> str:
    books.locks("2026-09")
    payment = books.pays("10.00", on="2026-09-29")
    assert payment.received_at == instant("2026-09-29")
    assert Journal.objects.latest("pk").effective_at == OCTOBER
    return "the payment keeps its day; the books have it from the first open instant on"


def an_entry_taken_back(books: RevenueBooks) -> str:
    invoice = books.bills(fee=Charge("100.00", "2026-09-01", "2026-10-01"))
    issued = Journal.objects.latest("pk")
    books.locks("2026-09")
    void = corrections.void(invoice=invoice, recorded=books.recorded("2026-09-05"))
    assert void.effective_at == Journal.objects.latest("pk").effective_at == OCTOBER
    assert Journal.objects.get(pk=issued.pk).effective_at == issued.effective_at < OCTOBER
    return "dated at the first open instant; the old entry stays as it is"


def an_event_of_a_locked_month(books: RevenueBooks) -> str:
    story = books.story
    plan = story.plan("calls", per_unit(story.meter("calls", event_type="calls"), "0.10"))
    story.on("2026-09-01")
    acme = story.account("Late Ltd", anchor="2026-09-01")
    acme.app("late-web")
    acme.subscribes(plan)
    story.on("2026-10-02")
    acme.uses("calls", "late-web", "2026-09-05", quantity="10")
    story.runs_billing()
    story.on("2026-10-03")
    period_locking.lock(
        documents=[DocumentKind.JOURNAL], until=OCTOBER, at=story.at, by=ADA, reason=WHY
    )
    acme.uses("calls", "late-web", "2026-09-06", quantity="5")
    story.on("2026-11-02").runs_billing()
    (late,) = acme.invoice.lines.filter(corrects__isnull=False)
    assert late.amount_minor == 50
    assert late.corrects is not None
    assert late.corrects.period_until == OCTOBER
    return "late usage of that month, on the next invoice"


def an_invoice_issued_late(books: RevenueBooks) -> str:
    books.story.on("2026-10-02")
    books.locks("2026-09")
    books.bills(fee=Charge("100.00", "2026-09-01", "2026-10-01"))
    books.recognises("2026-10")
    assert (books.earned("2026-09"), books.earned("2026-10")) == ("0.00", "100.00")
    return "earned in the first open month"


DATED: dict[str, Callable[[RevenueBooks], str]] = {
    "new, with a day that somebody chose": a_day_that_was_chosen,
    "told late by a bank or gateway": told_late_by_a_bank,
    "taking an earlier entry back": an_entry_taken_back,
    "an event of a locked month": an_event_of_a_locked_month,
    "revenue of an invoice issued late": an_invoice_issued_late,
}


@pytest.mark.parametrize("what", DATED)
def test_what_is_dated_into_a_locked_month_goes_where_the_page_says(
    what: str, books: RevenueBooks
) -> None:
    printed = {name.partition(":")[0]: said for name, said in rows_of("what")}
    assert printed.keys() == DATED.keys()
    books.story.on("2026-09-05")
    assert DATED[what](books) == printed[what]


WORDS = {
    "fee": "fee", "discount": "discount", "grant": "credit", "credit": "credit",
    "usage": "usage", "overage": "overage", "cap": "cap", "reversal": "late usage",
    "true_up": "true-up of a minimum",
}  # fmt: skip
METHODS = {"daily": "by day", "at_use": "as it is used", "at_end": "on the last day"}


def test_every_kind_of_line_is_earned_as_the_page_says(db: None) -> None:
    printed = {word: said for words, said in rows_of("kind of line") for word in words.split(", ")}
    kinds = policy_in_force().document["kinds"]
    assert {WORDS[kind] for kind in kinds.keys() - {"tax"}} == printed.keys()
    for kind, method in kinds.items():
        if kind in WORDS:
            assert printed[WORDS[kind]].startswith(METHODS[method]), kind


def test_a_check_compares_the_five_pairs_of_the_page(books: RevenueBooks) -> None:
    books.story.on("2026-09-05")
    invoice = books.bills(tax="19.00", fee=Charge("100.00", "2026-09-01", "2026-10-01"))
    month = BooksMonth.at(invoice.period_from)
    found = closing.check(month=month, at=books.at, by=ADA).figures
    codes = [code for code, *_ in (*found["counted"], *found["money"]["EUR"])]
    assert [row[0].lower() for row in rows_of("link")] == codes
    named = PAGE.split("each a link to its rows alone:")[1].split(". A count may be")[0]
    assert len(named.split(", ")) == len(found["counts"])
