"""Payments: recorded once, on an invoice once, taken back without losing a cent."""

import pytest
from django.db import IntegrityError, transaction

from billing.receivables.gateways import SimulatedGateway
from billing.receivables.models import PaymentReversal, RefundAttempt, Settlement
from billing.receivables.operations import corrections, payments, refunds, settling
from billing.receivables.operations.payments import Report, ReportedOtherwise, ReversalReport
from billing.receivables.operations.refunds import RefundEnded
from billing.receivables.operations.settling import (
    MoreThanFree,
    MoreThanOpen,
    OtherCurrency,
    TakenBackAlready,
)
from billing.receivables.queries.free_money import refundable_of
from billing.receivables.queries.open_items import PaymentState
from tests.billing.receivables.books import Books, balance
from tests.story import WHY


def chargeback(amount_minor: int) -> ReversalReport:
    return ReversalReport(PaymentReversal.Kind.CHARGEBACK, "network", "cb-1", amount_minor)


def test_tm19_credit_and_payment_each_settle_what_they_come_to(books: Books) -> None:
    invoice = books.invoice({"a": "50.00"})
    credited = books.invoice({"b": "30.00"})
    books.paid(credited, "30.00")
    note = books.credits(credited)
    books.allocates(note, {invoice: "30.00"})
    assert (books.open(invoice), books.free()) == ("20.00", "0.00")
    books.paid(invoice, "20.00")
    assert books.standing(invoice).state is PaymentState.PAID
    other = books.invoice({"c": "50.00"})
    books.paid(other, "10.00")
    assert (books.open(other), books.standing(other).state) == ("40.00", PaymentState.PART_PAID)


def test_tm20_what_is_paid_too_much_stays_the_customers(books: Books) -> None:
    invoice = books.invoice({"a": "57.10"})
    payment = books.pays("63.05")
    books.allocates(payment)
    assert (books.open(invoice), books.free()) == ("0.00", "5.95")
    following = books.invoice({"b": "57.10"})
    books.allocates(payment)
    assert (books.open(following), books.free()) == ("51.15", "0.00")
    with pytest.raises(MoreThanOpen, match=r"0\.00 EUR is open"):
        books.allocates(books.pays("158.75"), {invoice: "158.75"})
    assert books.free() == "158.75"


def test_the_same_report_is_the_same_payment_and_another_story_is_refused(books: Books) -> None:
    payer = books.customer.account
    report = Report("bank", "row-x", "EUR", 2500, books.at, reference="thanks")
    first = payments.record(payer=payer, report=report, recorded=books.recorded())
    again = payments.record(payer=payer, report=report, recorded=books.recorded())
    assert (again.pk, balance("cash")) == (first.pk, 2500)
    otherwise = Report("bank", "row-x", "EUR", 2501, books.at)
    with pytest.raises(ReportedOtherwise):
        payments.record(payer=payer, report=otherwise, recorded=books.recorded())


def test_tm25_a_chargeback_after_a_refund_takes_what_is_left_and_the_rest_waits(
    books: Books,
) -> None:
    invoice = books.invoice({"a": "119.00"})
    payment = books.paid(invoice, "119.00")
    books.credits(invoice, "a", "40.00", refund="40.00")
    payments.reverse(payment=payment, taken=chargeback(11900), recorded=books.recorded())
    assert (books.open(invoice), balance("payments-clearing")) == ("79.00", 4000)
    assert refundable_of(payment) == 0


def test_tm23_a_credit_the_bank_takes_back_opens_its_invoice_again(books: Books) -> None:
    invoice = books.invoice({"a": "204.88"})
    payment = books.paid(invoice, "204.88")
    back = ReversalReport(PaymentReversal.Kind.BANK, "bank", "rc-1", 20488)
    for _ in range(2):  # the same row again changes nothing
        payments.reverse(payment=payment, taken=back, recorded=books.recorded())
    assert (books.open(invoice), balance("cash"), books.free()) == ("204.88", 0, "0.00")


def test_tm26_unapplying_one_settlement_frees_both_sides_and_leaves_the_others(
    books: Books,
) -> None:
    invoice = books.invoice({"a": "100.00"})
    quarters = [books.paid(invoice, "25.00") for _ in range(4)]
    second = quarters[1].settlements.get()
    settling.unapply(settlement=second, recorded=books.recorded())
    assert (books.open(invoice), books.free()) == ("25.00", "25.00")
    with pytest.raises(TakenBackAlready):
        settling.unapply(settlement=second, recorded=books.recorded())
    books.allocates(quarters[1], {invoice: "25.00"})
    assert (books.open(invoice), books.free()) == ("0.00", "0.00")


def test_tm27_money_of_another_currency_never_settles_by_itself(books: Books) -> None:
    invoice = books.invoice({"a": "1000.00"})
    dollars = books.pays("1080.00", currency="USD")
    assert books.allocates(dollars) == []
    with pytest.raises(OtherCurrency):
        books.allocates(dollars, {invoice: "1000.00"})
    assert books.open(invoice) == "1000.00"


def test_tm46_what_was_written_off_and_is_paid_after_all_is_so_much_less_a_loss(
    books: Books,
) -> None:
    invoice = books.invoice({"a": "119.00"})
    corrections.write_off(invoice=invoice, recorded=books.recorded())
    assert books.standing(invoice).state is PaymentState.UNCOLLECTIBLE
    payment = books.pays("50.00")
    corrections.recover(
        payment=payment, invoice=invoice, amount_minor=5000, recorded=books.recorded()
    )
    item = books.standing(invoice)
    assert (item.open_minor, item.written_off_minor, item.paid_minor) == (0, 6900, 5000)
    assert (balance("cash"), balance("bad-debt"), balance("receivables")) == (5000, 6900, 0)


def test_a_refund_that_fails_gives_the_money_back_and_one_nobody_knows_of_is_asked_again(
    books: Books,
) -> None:
    payment = books.pays("80.00")
    answers = iter([RefundAttempt.Outcome.UNKNOWN, RefundAttempt.Outcome.SUCCEEDED])
    gateway = SimulatedGateway(behave=lambda key: next(answers))
    refund = refunds.request(amount_minor=3000, to=payment, recorded=books.recorded())
    assert books.free() == "50.00"
    refunds.attempt(refund=refund, gateway=gateway, at=books.at)
    assert (books.free(), balance("cash")) == ("50.00", 8000)
    refunds.attempt(refund=refund, gateway=gateway, at=books.at)
    assert (balance("cash"), balance("refunds-clearing"), len(gateway.paid)) == (5000, 0, 1)
    with pytest.raises(RefundEnded):
        refunds.attempt(refund=refund, gateway=gateway, at=books.at)
    fails = SimulatedGateway(behave=lambda key: RefundAttempt.Outcome.FAILED)
    other = refunds.request(amount_minor=5000, to=payment, recorded=books.recorded())
    refunds.attempt(refund=other, gateway=fails, at=books.at)
    assert (books.free(), balance("refunds-clearing")) == ("50.00", 0)


def test_refunds_never_come_to_more_than_there_is(books: Books) -> None:
    payment = books.pays("80.00")
    refunds.request(amount_minor=6000, to=payment, recorded=books.recorded())
    with pytest.raises(MoreThanFree):
        refunds.request(amount_minor=2001, to=payment, recorded=books.recorded())
    with pytest.raises(MoreThanFree):
        books.allocates(payment, {books.invoice({"a": "80.00"}): "20.01"})


def test_the_database_refuses_what_uses_money_twice_whoever_writes_it(books: Books) -> None:
    invoice = books.invoice({"a": "10.00"})
    payment = books.paid(invoice, "10.00")
    fresh = books.invoice({"b": "10.00"})
    for target in (fresh, invoice):
        with pytest.raises(IntegrityError, match=r"is used for|come to"), transaction.atomic():
            Settlement.objects.create(
                kind="payment",
                invoice=target,
                payment=payment,
                amount_minor=1,
                effective_at=books.at,
                recorded_at=books.at,
                recorded_by="nobody",
                reason=WHY,
            )
