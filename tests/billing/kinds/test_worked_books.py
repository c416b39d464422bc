"""Worked cases of area E that are about invoices, notes and money rather than prices."""

from __future__ import annotations

import pytest

from billing.invoicing.crediting import CreditExceeds
from billing.invoicing.models import CreditNote
from billing.receivables.operations import corrections, refunds, settling
from tests.billing.prices import flat
from tests.billing.receivables.books import Books
from tests.story import Story


@pytest.fixture
def books(story: Story) -> Books:
    """A customer in euros, on 1 June 2026."""
    customer = story.account("Acme", currency="EUR")
    story.on("2026-06-01")
    return Books(story, customer)


def test_wE13_a_draft_is_owed_by_nobody_until_it_is_issued(story: Story) -> None:
    story.on("2026-03-01")
    acme = story.account("Acme", currency="EUR")
    acme.subscribes(story.plan("fee", flat("100.00"), currency="EUR"))
    books = Books(story, acme)
    story.on("2026-04-01").runs_billing(issues=False)
    assert books.free() == "0.00"

    story.runs_billing()
    books.credits(acme.invoice, amount="20.00", charge=acme.invoice.lines.get().key)

    assert books.open(acme.invoice) == "80.00"


def test_wE14_an_unpaid_charge_is_adjusted(books: Books) -> None:
    invoice = books.invoice({"calls": "100.00"})

    books.credits(invoice, "calls", "10.00")

    assert books.open(invoice) == "90.00"


def test_wE16_a_refund_with_an_adjustment_leaves_nothing_open(books: Books) -> None:
    invoice = books.invoice({"calls": "100.00"})
    books.paid(invoice, "100.00")

    note = books.credits(invoice, "calls", "10.00", refund="10.00")

    assert str(note.total_minor) == "1000"
    assert books.open(invoice) == "0.00"
    assert books.free() == "0.00"


def test_wE19_two_notes_of_60_on_100_are_one(books: Books) -> None:
    invoice = books.invoice({"calls": "100.00"})
    books.credits(invoice, "calls", "60.00")

    with pytest.raises(CreditExceeds):
        books.credits(invoice, "calls", "60.00")

    assert CreditNote.objects.filter(invoice=invoice).count() == 1
    assert books.open(invoice) == "40.00"


def test_wE22_what_a_void_invoice_took_of_the_balance_is_there_again(books: Books) -> None:
    first = books.invoice({"calls": "100.00"})
    books.paid(first, "100.00")
    note = books.credits(first, "calls", "15.00")
    second = books.invoice({"calls": "15.00"})
    books.allocates(note, {second: "15.00"})
    assert books.free() == "0.00"

    corrections.void(invoice=second, recorded=books.recorded())
    assert books.free() == "15.00"
    third = books.invoice({"calls": "15.00"})
    books.allocates(note, {third: "15.00"})

    assert books.free() == "0.00"
    assert books.open(third) == "0.00"


def test_wE17_a_refund_without_an_adjustment_is_owed_again(books: Books) -> None:
    invoice = books.invoice({"calls": "100.00"})
    payment = books.paid(invoice, "100.00")
    (settlement,) = settling.live_settlements(invoice=invoice)

    settling.unapply(settlement=settlement, recorded=books.recorded())
    books.allocates(payment, {invoice: "90.00"})
    refunds.request(to=payment, amount_minor=1000, recorded=books.recorded())

    assert invoice.total_minor == 10000
    assert books.open(invoice) == "10.00"
    assert books.free() == "0.00"
