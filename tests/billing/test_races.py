"""F21: the same thing by many at the same moment, round after round; `make races` plays 200."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from billing.invoicing.models import Invoice, NumberSeries
from billing.invoicing.operations import invoices
from billing.ledger.models import Journal
from billing.receivables.invariants import receivables_agree, settlements_within
from billing.receivables.models import Payment
from billing.receivables.operations import settling
from billing.receivables.operations.settling import MoreThanFree, MoreThanOpen
from core.errors import DomainError
from tests.at_once import at_once, rounds
from tests.billing.prices import flat
from tests.billing.receivables.books import Books
from tests.people import ADA
from tests.story import WHY, Story

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

ROUNDS = rounds(3)
CALLERS = 16


@pytest.fixture
def story(transactional_db: None) -> Story:
    """A story whose transactions are real."""
    return Story()


@pytest.fixture
def books(story: Story) -> Books:
    """The books of one customer."""
    return Books(story.on("2026-06-01"), story.account("Acme", currency="EUR"))


def refused(answers: list[object]) -> list[type[DomainError]]:
    """The refusals among the answers."""
    return [type(each) for each in answers if isinstance(each, DomainError)]


def test_F21_sixteen_issue_one_draft_and_one_of_them_does(story: Story) -> None:
    plan = story.plan("team", flat("10.00"))
    story.on("2026-03-01")
    for number in range(ROUNDS):
        story.account(f"Team {number}").subscribes(plan)
    story.on("2026-04-01").runs_billing(issues=False)
    for draft in list(Invoice.objects.order_by("pk").values_list("pk", flat=True)):
        issue = partial(invoices.issue, invoice_ids=[draft], at=story.at, by=ADA, reason=WHY)
        answers = at_once(*[issue] * CALLERS)
        assert refused(answers) == [invoices.NotADraft] * (CALLERS - 1)
    sequences = list(Invoice.objects.order_by("sequence").values_list("sequence", flat=True))
    assert sequences == list(range(1, ROUNDS + 1))
    assert NumberSeries.objects.get(prefix="CF-").next_value == ROUNDS + 1
    assert Journal.objects.count() == ROUNDS


def putting(books: Books, payment: Payment, invoice: Invoice) -> Callable[[], object]:
    """All of a payment on an invoice."""
    amounts = {invoice: payment.amount_minor}
    return lambda: settling.allocate(source=payment, amounts=amounts, recorded=books.recorded())


def test_F21_a_payment_is_used_once_and_an_invoice_settled_once(books: Books) -> None:
    for _ in range(ROUNDS):
        first, second = books.invoice({"a": "80.00"}), books.invoice({"b": "80.00"})
        payment = books.pays("80.00")
        answers = at_once(putting(books, payment, first), putting(books, payment, second))
        assert refused(answers) == [MoreThanFree]
        left = first if books.open(first) == "80.00" else second
        one, other = books.pays("80.00"), books.pays("80.00")
        answers = at_once(putting(books, one, left), putting(books, other, left))
        assert refused(answers) == [MoreThanOpen]
        assert (books.open(first), books.open(second)) == ("0.00", "0.00")
    assert books.free() == f"{ROUNDS * 80}.00"
    assert receivables_agree().holds
    assert settlements_within().holds
