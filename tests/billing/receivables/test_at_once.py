"""Money that two people use at the same moment is used once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from billing.invoicing.models import Invoice
from billing.receivables.models import BankFile, Payment, Settlement
from billing.receivables.operations import (
    bank_files,
    bank_rows,
    corrections,
    payments,
    refunds,
    settling,
)
from billing.receivables.operations.bank_rows import BankRowSettled
from billing.receivables.operations.settling import MoreThanFree, MoreThanOpen
from core.errors import DomainError
from tests.at_once import at_once, while_open
from tests.billing.receivables.bank import csv_file, imports, row, upload
from tests.billing.receivables.books import Books
from tests.story import Story

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def story(transactional_db: None) -> Story:
    """A story whose transactions are real."""
    return Story()


def allocating(books: Books, payment: Payment, invoice: Invoice) -> Callable[[], object]:
    amounts = {invoice: payment.amount_minor}
    return lambda: settling.allocate(source=payment, amounts=amounts, recorded=books.recorded())


def test_one_payment_on_two_invoices_at_once_goes_on_one(books: Books) -> None:
    first, second = books.invoice({"a": "80.00"}), books.invoice({"b": "80.00"})
    payment = books.pays("80.00")
    _, then = while_open(allocating(books, payment, first), allocating(books, payment, second))
    assert isinstance(then, MoreThanFree)
    assert (books.open(first), books.open(second)) == ("0.00", "80.00")


def test_one_invoice_is_settled_once_by_two_payments_at_once(books: Books) -> None:
    invoice = books.invoice({"a": "80.00"})
    one, other = books.pays("80.00"), books.pays("80.00")
    answers = at_once(allocating(books, one, invoice), allocating(books, other, invoice))
    assert [type(each) for each in answers if isinstance(each, DomainError)] == [MoreThanOpen]
    assert (books.open(invoice), books.free()) == ("0.00", "80.00")


def test_a_refund_and_a_void_at_once_give_the_money_back_once(books: Books) -> None:
    invoice = books.invoice({"a": "80.00"})
    payment = books.paid(invoice, "80.00")

    def refund() -> object:
        return refunds.request(amount_minor=8000, to=payment, recorded=books.recorded())

    _, then = while_open(
        lambda: corrections.void(invoice=invoice, recorded=books.recorded()), refund
    )
    assert isinstance(then, type(payment.refunds.get()))
    assert books.free() == "0.00"
    with pytest.raises(MoreThanFree):
        refund()


def test_the_same_file_imported_twice_at_once_is_imported_once(books: Books) -> None:
    invoice = books.invoice({"a": "25.00"})
    file = upload(books, csv_file(f"2026-06-01,25.00,EUR,{invoice.number}"))

    def importing() -> object:
        return bank_files.import_file(upload=file, recorded=books.recorded())

    _, then = while_open(importing, importing)
    assert (then.is_same_file, BankFile.objects.count(), Payment.objects.count()) == (True, 1, 1)
    assert (books.open(invoice), books.free()) == ("0.00", "0.00")


def test_a_row_is_accepted_by_one_of_two(books: Books) -> None:
    first, second = books.invoice({"a": "25.00"}), books.invoice({"b": "25.00"})
    imports(books, "2026-06-01,25.00,EUR,thanks")
    waiting = row("thanks")

    def accepting(invoice: Invoice) -> Callable[[], object]:
        return lambda: bank_rows.accept(
            row=waiting,
            payer=books.customer.account,
            invoices=[invoice],
            recorded=books.recorded(),
        )

    _, then = while_open(accepting(first), accepting(second))
    assert isinstance(then, BankRowSettled)
    assert Settlement.objects.count() == 1


def test_a_payment_reported_twice_at_once_is_one(books: Books) -> None:
    report = payments.Report("bank", "one", "EUR", 500, books.at)

    def recording() -> object:
        return payments.record(
            payer=books.customer.account, report=report, recorded=books.recorded()
        )

    one, other = at_once(recording, recording)
    assert (one.pk, Payment.objects.count()) == (other.pk, 1)
