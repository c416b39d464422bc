"""TD7: an approved refund goes through a gateway once, wherever the worker dies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import pytest
from django.db import OperationalError, connection, transaction

from approvals.models import Proposal, ProposalExecution
from approvals.operations.executing import NothingToTry, try_again
from billing.ledger.models import JournalLine
from billing.receivables.gateways import Answer, SimulatedGateway
from billing.receivables.invariants import receivables_agree
from billing.receivables.models import Refund, RefundAttempt
from billing.receivables.operations import refunds
from billing.receivables.operations.refunds import RefundEnded
from core.money import Money
from tests.billing.receivables.books import Books, balance
from tests.billing.receivables.proposing import Desk
from tests.story import Story

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

ROUNDS = 5
Outcome = RefundAttempt.Outcome


@pytest.fixture
def desk(transactional_db: None) -> Desk:
    story = Story()
    customer = story.account("Acme", currency="EUR")
    desk = Desk(Books(story.on("2026-06-01"), customer))
    _ = desk.sena, desk.farid
    return desk


@dataclass
class CountingGateway:
    """The simulated one, with every key it was asked with."""

    inner: SimulatedGateway = field(default_factory=SimulatedGateway)
    keys: list[str] = field(default_factory=list)

    def refund(self, *, key: str, payment: str, amount: Money) -> Answer:
        self.keys.append(key)
        return self.inner.refund(key=key, payment=payment, amount=amount)


@transaction.atomic
def killed_after(step: Callable[[], object]) -> None:
    """The connection dies between a step and its commit."""
    step()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def approved(desk: Desk) -> Refund:
    """45.00 of 50.00 that was paid too much goes back."""
    payment = desk.books.pays("50.00")
    made = desk.does("refund", payment=payment, amount="45.00")
    assert made.outcome == Proposal.Outcome.EXECUTED, made.said
    return Refund.objects.get(public_id=made.effect_ref)


def test_TD7_killed_before_the_intent_is_committed_nothing_was_asked(desk: Desk) -> None:
    for _ in range(ROUNDS):
        payment = desk.books.pays("50.00")
        proposal = desk.proposes("refund", payment=payment, amount="45.00")
        with pytest.raises(OperationalError):
            killed_after(partial(desk.approves, proposal))
        connection.close()
        assert not Refund.objects.filter(payment=payment).exists()
        assert desk.approves(proposal).outcome == Proposal.Outcome.EXECUTED
        assert Refund.objects.filter(payment=payment).count() == 1
        assert ProposalExecution.objects.filter(proposal=proposal).count() == 1


def test_TD7_killed_between_the_call_and_its_answer_the_same_key_is_asked_again(desk: Desk) -> None:
    for done in range(1, ROUNDS + 1):
        refund, gateway = approved(desk), CountingGateway()
        asks = partial(refunds.attempt, refund=refund, gateway=gateway, at=desk.books.at)
        with pytest.raises(OperationalError):
            killed_after(asks)
        connection.close()
        assert not refund.attempts.exists()
        again = refunds.attempt(refund=refund, gateway=gateway, at=desk.books.at)
        assert (again.outcome, set(gateway.keys)) == (Outcome.SUCCEEDED, {refund.public_id})
        assert len(gateway.inner.paid) == 1
        assert balance("cash") == done * (5000 - 4500)
    assert receivables_agree().holds


def test_TD7_no_answer_is_unknown_asked_again_and_never_failed(desk: Desk) -> None:
    refund = approved(desk)
    said = iter([Outcome.UNKNOWN, Outcome.UNKNOWN, Outcome.SUCCEEDED])
    gateway = CountingGateway(SimulatedGateway(behave=lambda key: next(said)))
    for _ in range(3):
        refunds.attempt(refund=refund, gateway=gateway, at=desk.books.at)
    attempts = refund.attempts.order_by("number").values_list("number", "outcome")
    assert list(attempts) == [(1, "unknown"), (2, "unknown"), (3, "succeeded")]
    assert gateway.keys == [refund.public_id] * 3
    assert gateway.inner.paid == {refund.public_id: Money.from_minor(4500, "EUR")}
    assert balance("cash") == 500


def test_TD7_killed_after_the_answer_nothing_is_asked_or_booked_again(desk: Desk) -> None:
    refund, gateway = approved(desk), CountingGateway()
    refunds.attempt(refund=refund, gateway=gateway, at=desk.books.at)
    lines = JournalLine.objects.count()
    with pytest.raises(RefundEnded):
        refunds.attempt(refund=refund, gateway=gateway, at=desk.books.at)
    proposal = Proposal.objects.get()
    with pytest.raises(NothingToTry):
        try_again(proposal=proposal, by=desk.farid, at=desk.books.at)
    assert (len(gateway.keys), JournalLine.objects.count()) == (1, lines)
