"""Free money that settles by itself, and differences that a person settles."""

from __future__ import annotations

import pytest

from billing.receivables.models import ExcessCleared, Hold, PaymentReversal, RuleVersion
from billing.receivables.operations import applying, differences, holds, payments, rule_versions
from billing.receivables.operations.differences import ChargeTooLarge, MoreThanExcess
from billing.receivables.operations.holds import HoldTerms
from billing.receivables.operations.payments import ReversalReport
from billing.receivables.queries.free_money import refundable_of
from billing.receivables.queries.open_items import PaymentState
from core.actor import acting_as
from tests.billing.receivables.bank import imports, row
from tests.billing.receivables.books import Books, balance
from tests.people import ADA


def applies(books: Books) -> int:
    with acting_as(ADA, reason="Nightly"):
        return applying.apply_all(at=books.at)


def test_tm12_credit_on_the_balance_settles_the_next_invoice(books: Books) -> None:
    first = books.invoice({"a": "30.00"})
    books.paid(first, "30.00")
    books.credits(first)
    following = books.invoice({"b": "50.00"})
    applies(books)
    assert (books.open(following), books.free()) == ("20.00", "0.00")
    assert balance("customer-balance") == 0


def test_tm20_unapplied_cash_settles_the_next_invoice(books: Books) -> None:
    invoice = books.invoice({"a": "57.10"})
    imports(books, f"2026-06-01,63.05,EUR,{invoice.number}")
    following = books.invoice({"b": "57.10"})
    applies(books)
    assert (books.open(following), books.free()) == ("51.15", "0.00")
    assert applies(books) == 0


def test_what_the_rules_leave_to_a_person_is_left(books: Books) -> None:
    rule_versions.define(
        subject=RuleVersion.Subject.APPLYING,
        code="team",
        document={"credit": True, "cash": False},
        recorded=books.recorded(),
    )
    books.pays("10.00")
    invoice = books.invoice({"a": "10.00"})
    applies(books)
    assert books.open(invoice) == "10.00"


def test_what_is_held_from_automatic_payment_is_left_alone(books: Books) -> None:
    books.pays("100.00")
    invoice = books.invoice({"a": "100.00"})
    holds.place(
        invoice=invoice,
        amount_minor=4000,
        terms=HoldTerms((Hold.Process.AUTO_PAY,)),
        recorded=books.recorded(),
    )
    applies(books)
    assert (books.open(invoice), books.free()) == ("40.00", "40.00")


def charged_back(books: Books, amount_minor: int) -> PaymentReversal:
    """119.00 is paid, 40.00 of it refunded against a note, and a dispute is lost."""
    invoice = books.invoice({"a": "119.00"})
    payment = books.paid(invoice, "119.00")
    books.credits(invoice, "a", "40.00", refund="40.00")
    taken = ReversalReport(PaymentReversal.Kind.CHARGEBACK, "network", "cb", amount_minor)
    return payments.reverse(payment=payment, taken=taken, recorded=books.recorded())


@pytest.mark.parametrize(("taken", "waits"), [(7900, 0), (11900, 4000), (7940, 40)])
def test_tm25_what_a_network_takes_opens_what_was_paid_and_the_rest_waits(
    books: Books, taken: int, waits: int
) -> None:
    reversal = charged_back(books, taken)
    (settlement,) = reversal.payment.settlements.filter(amount_minor__lt=0)
    assert books.open(settlement.invoice) == "79.00"
    assert (balance("payments-clearing"), refundable_of(reversal.payment)) == (waits, 0)
    assert differences.excess_left(reversal) == waits


def test_tm25_an_exchange_difference_is_a_loss_with_a_reason(books: Books) -> None:
    reversal = charged_back(books, 7940)
    kind = ExcessCleared.Kind
    differences.clear_excess(
        reversal=reversal, kind=kind.LOSS, amount_minor=40, recorded=books.recorded()
    )
    assert (balance("payments-clearing"), balance("payment-losses")) == (0, 40)
    with pytest.raises(MoreThanExcess):
        differences.clear_excess(
            reversal=reversal, kind=kind.LOSS, amount_minor=1, recorded=books.recorded()
        )


def test_tm25_what_a_network_gives_back_is_cash_again(books: Books) -> None:
    reversal = charged_back(books, 11900)
    cash = balance("cash")
    differences.clear_excess(
        reversal=reversal,
        kind=ExcessCleared.Kind.RECOVERED,
        amount_minor=4000,
        recorded=books.recorded(),
    )
    assert (balance("payments-clearing"), balance("cash")) == (0, cash + 4000)


def test_tm27_a_person_records_what_the_bank_made_of_it_and_what_it_kept(books: Books) -> None:
    invoice = books.invoice({"a": "1000.00"})
    imports(books, f"2026-06-01,1080.00,USD,{invoice.number}")
    dollars = row(str(invoice.number)).fates.get().payment
    assert dollars is not None
    euros = differences.exchange(
        payment=dollars, currency="EUR", amount_minor=99850, recorded=books.recorded()
    )
    books.allocates(euros)
    with pytest.raises(ChargeTooLarge):
        differences.bear_charge(invoice=invoice, amount_minor=501, recorded=books.recorded())
    differences.bear_charge(invoice=invoice, amount_minor=150, recorded=books.recorded())
    assert (books.open(invoice), books.standing(invoice).state) == ("0.00", PaymentState.PAID)
    assert (balance("payment-losses"), balance("unapplied-cash")) == (150, 0)
