"""Voids, and what every money operation shows before it is done."""

from functools import partial

import pytest

from billing.invoicing.operations.credit_notes import InvoiceIsVoid
from billing.ledger.models import Journal
from billing.receivables import effects
from billing.receivables.operations import corrections
from billing.receivables.operations.corrections import StillCredited
from billing.receivables.queries.open_items import PaymentState
from core.db.stamps import ChangedSince
from tests.billing.receivables.books import Books, balance


def test_tm12_tm13_a_void_invoice_gives_back_what_settled_it_in_the_same_transaction(
    books: Books,
) -> None:
    first = books.invoice({"a": "30.00"})
    books.paid(first, "30.00")
    note = books.credits(first)
    invoice = books.invoice({"b": "100.00"}, rate="19")
    books.allocates(note, {invoice: "30.00"})
    books.paid(invoice, "50.00")
    corrections.void(invoice=invoice, recorded=books.recorded())
    assert (books.standing(invoice).state, books.open(invoice)) == (PaymentState.VOID, "0.00")
    assert books.free() == "80.00"
    assert (balance("receivables"), balance("tax-payable"), balance("revenue")) == (0, 0, 0)
    with pytest.raises(InvoiceIsVoid):
        books.paid(invoice, "1.00")
    with pytest.raises(InvoiceIsVoid):
        corrections.void(invoice=invoice, recorded=books.recorded())


def test_an_invoice_with_credit_notes_is_not_voided(books: Books) -> None:
    invoice = books.invoice({"a": "30.00"})
    books.credits(invoice, "a", "10.00")
    with pytest.raises(StillCredited):
        corrections.void(invoice=invoice, recorded=books.recorded())


def test_a_preview_is_what_carrying_it_out_comes_to_and_keeps_nothing(books: Books) -> None:
    invoice = books.invoice({"a": "100.00"}, rate="19")
    books.paid(invoice, "50.00")
    void = partial(corrections.void, invoice=invoice, recorded=books.recorded())
    journals = Journal.objects.count()
    seen = effects.preview(void, of=[invoice], at=books.at)
    assert (Journal.objects.count(), books.open(invoice)) == (journals, "69.00")
    assert {(each.book, str(each.amount)) for each in seen.books} == {
        ("receivables", "-69.00 EUR"),
        ("revenue", "100.00 EUR"),
        ("tax-payable", "19.00 EUR"),
        ("unapplied-cash", "-50.00 EUR"),
    }
    assert [str(each.change) for each in seen.dues] == ["-69.00 EUR"]
    _, done = effects.carry_out(void, of=[invoice], at=books.at, seen=seen)
    assert done.digest == seen.digest


def test_what_came_to_something_else_since_it_was_seen_is_refused_with_both(
    books: Books,
) -> None:
    invoice = books.invoice({"a": "100.00"})
    void = partial(corrections.void, invoice=invoice, recorded=books.recorded())
    seen = effects.preview(void, of=[invoice], at=books.at)
    books.paid(invoice, "40.00")
    with pytest.raises(ChangedSince) as refused:
        effects.carry_out(void, of=[invoice], at=books.at, seen=seen)
    said = {each.field: (each.old, each.new) for each in refused.value.differences}
    assert said["receivables moves by"] == ("-100.00 EUR", "-60.00 EUR")
    assert books.open(invoice) == "60.00"
