"""What users of other billing systems complained about, each as a test of what went wrong.

Here what went wrong with credits, voids, refunds and settlements. With the rest of an invoice it is
in tests/billing, with prices in tests/rating, with usage in tests/usage.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.invoicing.models import CreditNote, Invoice, InvoiceVoid
from billing.ledger.invariants import journals_balance
from billing.receivables.gateways import Answer
from billing.receivables.invariants import (
    balance_agrees,
    cash_agrees,
    receivables_agree,
    refunds_within,
    settlements_within,
)
from billing.receivables.models import Refund, RefundAttempt, Settlement
from billing.receivables.operations import corrections, refunds, settling
from billing.receivables.operations.corrections import NoDestination
from billing.receivables.operations.refunds import RefundEnded
from core.errors import DomainError
from tests.at_once import at_once
from tests.billing.prices import flat
from tests.billing.receivables.books import Books
from tests.billing.receivables.proposing import Desk
from tests.story import Story

Outcome = RefundAttempt.Outcome

PARALLEL_CALLS = 20
"""As many as the complaint names."""


class TestAtOnce:
    """On real transactions."""

    pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

    @pytest.fixture
    def story(self, transactional_db: None) -> Story:
        return Story()

    def test_T5_of_twenty_voids_at_once_one_takes_place(self, books: Books) -> None:
        """lago-api#5495: two void calls both passed the check."""
        invoice = books.invoice({"calls": "100.00"})
        books.paid(invoice, "30.00")

        answers = at_once(
            *[lambda: corrections.void(invoice=invoice, recorded=books.recorded())] * PARALLEL_CALLS
        )

        assert sum(isinstance(each, DomainError) for each in answers) == PARALLEL_CALLS - 1
        assert InvoiceVoid.objects.count() == 1
        assert books.free() == "30.00"
        assert holds()

    def test_T6_credit_that_many_spend_at_once_is_spent_once(self, books: Books) -> None:
        """lago-api#4945: invoices made in parallel spent the same credit twice."""
        first = books.invoice({"calls": "100.00"})
        books.paid(first, "100.00")
        note = books.credits(first, "calls", "50.00")
        invoices = [books.invoice({"calls": "20.00"}) for _ in range(6)]

        def spending(number: int) -> Callable[[], object]:
            return lambda: settling.allocate(
                source=note, amounts={invoices[number]: 2000}, recorded=books.recorded()
            )

        answers = at_once(*(spending(number) for number in range(len(invoices))))

        spent = Settlement.objects.filter(credit_note=note, invoice__in=invoices)
        assert sum(isinstance(each, DomainError) for each in answers) == 4
        assert sum(spent.values_list("amount_minor", flat=True)) == 4000
        assert books.free() == "10.00"
        assert holds()


def test_T7_what_may_be_credited_is_read_behind_the_lock(books: Books) -> None:
    """flexprice#2252: the limit was checked before the lock, and the test only proved a lock."""
    invoice = books.invoice({"calls": "100.00"})

    with CaptureQueriesContext(connection) as asked:
        books.credits(invoice, "calls", "40.00")

    statements = [str(each["sql"]) for each in asked.captured_queries]
    locked = next(number for number, sql in enumerate(statements) if "FOR " in sql.upper())
    read = [
        number
        for number, sql in enumerate(statements)
        if sql.startswith("SELECT") and "invoicing_creditnoteline" in sql
    ]
    assert read, "what was credited before is not read at all"
    assert locked < min(read)


def test_T8_a_void_gives_back_no_money_that_went_back_before(books: Books) -> None:
    """flexprice#2569: the void returned money that was refunded already."""
    invoice = books.invoice({"calls": "100.00"})
    books.paid(invoice, "100.00")
    books.credits(invoice, "calls", "40.00", refund="40.00")

    with pytest.raises(DomainError):
        corrections.void(invoice=invoice, recorded=books.recorded())
    books.credits(invoice, "calls", rest=True)

    assert books.free() == "60.00"
    assert refunded() == 4000
    assert holds()


def test_T9_each_refund_is_taken_off_what_is_left_once(books: Books) -> None:
    """polar#12740: all refunds so far were deducted again with each."""
    invoice = books.invoice({"calls": "100.00"})
    books.paid(invoice, "100.00")
    for amount in ("10.00", "20.00", "30.00", "40.00"):
        books.credits(invoice, "calls", amount, refund=amount)

    assert refunded() == 10_000
    assert books.free() == "0.00"
    with pytest.raises(DomainError):
        books.credits(invoice, "calls", "0.01", refund="0.01")
    assert holds()


def test_T18_an_issued_invoice_is_set_right(story: Story) -> None:
    """lago#67, lago#105: there was no way to set right what was issued."""
    plan = story.plan("team", flat("20.00"))
    acme = story.on("2026-03-01").account("Acme")
    acme.subscribes(plan)
    story.on("2026-04-02").runs_billing()
    desk = Desk(Books(story, acme))

    first = acme.invoice

    made = desk.does("void_and_reissue", invoice=first)

    second = Invoice.objects.get(public_id=made.effect_ref)
    assert second.reissues == InvoiceVoid.objects.get(invoice=first)
    assert (first.total_minor, second.total_minor) == (2000, 2000)
    assert holds()


def test_T19_what_cannot_be_refunded_is_not_credited_either(books: Books) -> None:
    """killbill#1007: the refund went through though the adjustment failed, and the other way."""
    invoice = books.invoice({"calls": "100.00"})
    books.paid(invoice, "30.00")

    with pytest.raises(NoDestination):
        books.credits(invoice, "calls", "90.00", refund="20.01", balance="0")

    assert CreditNote.objects.count() == Refund.objects.count() == 0
    assert books.open(invoice) == "70.00"
    assert holds()


_ANSWERS = (Outcome.UNKNOWN, Outcome.SUCCEEDED, Outcome.SUCCEEDED, Outcome.FAILED)


@pytest.mark.parametrize("told", sorted(set(permutations(_ANSWERS))))
def test_T22_answers_in_any_order_and_more_than_once_end_a_refund_once(
    books: Books, told: tuple[RefundAttempt.Outcome, ...]
) -> None:
    """polar#13048: what was told raced, or came out of order, and left things stuck."""
    payment = books.pays("80.00")
    refund = refunds.request(amount_minor=3000, to=payment, recorded=books.recorded())
    refused = 0
    for outcome in told:
        try:
            refunds.note_answer(refund=refund, answer=Answer(outcome), at=books.at)
        except RefundEnded:
            refused += 1

    ended = next(outcome for outcome in told if outcome != Outcome.UNKNOWN)
    known = refund.attempts.exclude(outcome=Outcome.UNKNOWN)
    assert [each.outcome for each in known] == [ended]
    assert refused == len(told) - refund.attempts.count()
    assert books.free() == ("50.00" if ended == Outcome.SUCCEEDED else "80.00")
    assert holds()


def refunded() -> int:
    """What is to go back or went, in minor units."""
    return sum(Refund.objects.values_list("amount_minor", flat=True))


def holds() -> bool:
    """Whether the books balance and agree with what was settled and given back."""
    checks = (
        journals_balance,
        receivables_agree,
        cash_agrees,
        balance_agrees,
        settlements_within,
        refunds_within,
    )
    return all(check().holds for check in checks)
