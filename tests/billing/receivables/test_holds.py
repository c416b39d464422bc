"""Holds: what is held waits and is never chased, and a hold never stands in the way of money."""

from datetime import timedelta

import pytest

from billing.invoicing.models import Invoice
from billing.receivables.models import Hold
from billing.receivables.operations import corrections, holds
from billing.receivables.operations.holds import HoldOver, HoldTerms, MoreThanCanBeHeld
from billing.receivables.queries.open_items import left_of
from core.db.transactions import transaction
from tests.billing.receivables.books import Books, minor
from tests.story import instant

DUNNING = (Hold.Process.DUNNING,)


def hold(books: Books, invoice: Invoice, amount: str, until: str | None = None) -> Hold:
    terms = HoldTerms(DUNNING, until=instant(until) if until else None)
    return holds.place(
        invoice=invoice, amount_minor=minor(amount), terms=terms, recorded=books.recorded()
    )


def test_tm32_a_hold_ends_at_its_instant_with_nobody_sweeping(books: Books) -> None:
    invoice = books.invoice({"a": "119.00"})
    held = hold(books, invoice, "40.00", until="2026-06-10")
    just_before = instant("2026-06-10") - timedelta(microseconds=1)
    assert books.standing(invoice, at=just_before.isoformat()).due_minor == 7900
    assert books.standing(invoice, at="2026-06-10").due_minor == 11900
    books.story.on("2026-06-10")
    with pytest.raises(HoldOver):
        holds.release(hold=held, recorded=books.recorded())
    with pytest.raises(HoldOver), transaction():
        holds.post(hold=held, amount_minor=1, source="crn_x", recorded=books.recorded())
    assert held.entries.count() == 1


def test_no_more_is_held_than_is_open(books: Books) -> None:
    invoice = books.invoice({"a": "100.00"})
    hold(books, invoice, "60.00")
    with pytest.raises(MoreThanCanBeHeld, match=r"40\.00 EUR"):
        hold(books, invoice, "40.01")
    hold(books, invoice, "40.00")
    assert books.standing(invoice).due_minor == 0


def test_a_payment_is_taken_whatever_is_held_and_the_hold_shrinks(books: Books) -> None:
    invoice = books.invoice({"a": "100.00"})
    held = hold(books, invoice, "60.00")
    books.paid(invoice, "70.00")
    item = books.standing(invoice)
    assert (item.open_minor, item.held_minor, item.due_minor) == (3000, 3000, 0)
    assert left_of(held) == 3000


def test_posting_a_part_releases_the_rest(books: Books) -> None:
    invoice = books.invoice({"a": "100.00"})
    held = hold(books, invoice, "60.00")
    with transaction():
        holds.post(hold=held, amount_minor=2500, source="crn_x", recorded=books.recorded())
    assert [(each.kind, each.amount_minor) for each in held.entries.order_by("pk")] == [
        ("placed", 6000),
        ("posted", -2500),
        ("released", -3500),
    ]
    assert books.standing(invoice).due_minor == 10000


def test_a_void_invoice_holds_nothing(books: Books) -> None:
    invoice = books.invoice({"a": "100.00"})
    held = hold(books, invoice, "60.00")
    books.paid(invoice, "20.00")
    corrections.void(invoice=invoice, recorded=books.recorded())
    assert (books.standing(invoice).held_minor, left_of(held)) == (0, 0)
