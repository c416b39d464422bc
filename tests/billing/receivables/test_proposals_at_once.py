"""F22: several decide on one proposal at the same moment, or die while they do: done once."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from approvals.invariants import approved_by_enough, effects_are_named, versions_are_sealed
from approvals.models import Decision, Proposal, ProposalExecution
from approvals.operations import deciding, executing, putting_forward
from approvals.operations.deciding import AlreadyDecided
from approvals.operations.executing import NothingToTry
from approvals.operations.putting_forward import AlreadyOpen
from billing.invoicing.models import CreditNote
from billing.receivables.invariants import receivables_agree, settlements_within
from core.errors import DomainError
from core.money import Money
from eventing.models import OutboxEvent
from tests.at_once import at_once, rounds
from tests.billing.receivables.books import Books
from tests.billing.receivables.proposing import Desk, credits
from tests.story import Story

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

ROUNDS = rounds(20)


@pytest.fixture
def desk(transactional_db: None) -> Desk:
    story = Story()
    customer = story.account("Acme", currency="EUR")
    desk = Desk(Books(story.on("2026-06-01"), customer))
    _ = desk.sena, desk.farid, desk.nora
    return desk


def answers(*calls: Callable[[], Any]) -> tuple[list[Any], list[DomainError]]:
    """What won, and what was refused."""
    given = at_once(*calls)
    refused = [each for each in given if isinstance(each, DomainError)]
    return [each for each in given if each not in refused], refused


def holds() -> bool:
    checks = (
        approved_by_enough, effects_are_named, versions_are_sealed,
        receivables_agree, settlements_within,
    )  # fmt: skip
    return all(check().holds for check in checks)


def test_td1_two_approvers_at_once_pay_once(desk: Desk) -> None:
    for _ in range(ROUNDS):
        invoice = desk.books.invoice({"a": "100.00"})
        proposal = desk.proposes("credit_note", **credits(invoice, "a", "80.00"))
        won, refused = answers(
            partial(desk.approves, proposal), partial(desk.approves, proposal, by=desk.nora)
        )
        assert [type(each) for each in refused] == [AlreadyDecided]
        assert "was approved by" in refused[0].message
        assert won[0].outcome == Proposal.Outcome.EXECUTED
        assert desk.books.open(invoice) == "20.00"
        assert CreditNote.objects.filter(invoice=invoice).count() == 1
        told = OutboxEvent.objects.filter(subject=proposal.public_id, type="proposal.executed")
        assert told.count() == 1
    assert holds()


def test_approve_reject_and_withdraw_at_once_have_one_winner(desk: Desk) -> None:
    invoice = desk.books.invoice({"a": "100.00"})
    for _ in range(ROUNDS):
        proposal = desk.proposes("credit_note", **credits(invoice, "a", "1.00"))
        won, refused = answers(
            partial(desk.approves, proposal),
            partial(desk.rejects, proposal, by=desk.nora),
            partial(desk.withdraws, proposal),
        )
        assert (len(won), {type(each) for each in refused}) == (1, {AlreadyDecided})
        assert Decision.objects.filter(proposal=proposal).count() == 1
        proposal.refresh_from_db()
        executed = ProposalExecution.objects.filter(proposal=proposal).count()
        assert executed == (proposal.state == Proposal.State.APPROVED)
    assert CreditNote.objects.count() == Proposal.objects.filter(state="approved").count()
    assert holds()


def test_approve_reject_expire_and_execute_at_once_have_one_winner(desk: Desk) -> None:
    """The sweeper tidies at the end of the proposal, while others decide just before it."""
    invoice = desk.books.invoice({"a": "300.00"})
    for _ in range(ROUNDS):
        proposal = desk.proposes("credit_note", **credits(invoice, "a", "1.00"))
        given = at_once(
            partial(desk.approves, proposal),
            partial(desk.rejects, proposal, by=desk.nora),
            partial(deciding.expire_due, at=proposal.expires_at),
            partial(executing.try_again, proposal=proposal, by=desk.nora, at=desk.books.at),
        )
        proposal.refresh_from_db()
        decisions = Decision.objects.filter(proposal=proposal).count()
        executed = ProposalExecution.objects.filter(proposal=proposal).count()
        won = sum(not isinstance(each, DomainError) for each in given[:2])
        swept = given[2]
        assert not isinstance(swept, DomainError)
        assert won + swept == 1, given
        assert decisions == won
        assert executed == (proposal.state == Proposal.State.APPROVED)
        assert (proposal.state == Proposal.State.EXPIRED) == bool(swept)
        assert isinstance(given[3], NothingToTry)
    assert CreditNote.objects.count() == Proposal.objects.filter(state="approved").count()
    assert holds()


def test_credit_past_capacity_from_two_sessions_has_one_winner(desk: Desk) -> None:
    for _ in range(ROUNDS):
        invoice = desk.books.invoice({"a": "100.00"})
        first = desk.proposes("credit_note", **credits(invoice, "a", "70.00"))
        second = desk.proposes("credit_note", **credits(invoice, "a", "60.00"))
        won, refused = answers(
            partial(desk.approves, first), partial(desk.approves, second, by=desk.nora)
        )
        assert not refused
        assert sorted(each.outcome for each in won) == ["executed", "refused"]
        assert CreditNote.objects.filter(invoice=invoice).count() == 1
    assert holds()


def test_two_put_the_same_forward_at_once_and_one_is_open(desk: Desk) -> None:
    invoice = desk.books.invoice({"a": "100.00"})
    for cents in range(1, ROUNDS):
        amount = Money.from_minor(cents, "EUR").amount
        wish = desk.wish("write_off", invoice=invoice, amount=str(amount))
        ask = partial(putting_forward.put_forward, wish=wish, by=desk.sena, at=desk.books.at)
        won, refused = answers(ask, ask)
        assert (len(won), [type(each) for each in refused]) == (1, [AlreadyOpen])


@transaction.atomic
def approved_and_killed(desk: Desk, proposal: Proposal) -> None:
    """The connection dies between the effect and its commit."""
    desk.approves(proposal)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def test_a_decision_that_is_killed_is_made_once_when_it_is_made_again(desk: Desk) -> None:
    """TD7: whether the connection dies before the commit or after it, there is one note."""
    for _ in range(5):
        invoice = desk.books.invoice({"a": "100.00"})
        proposal = desk.proposes("credit_note", **credits(invoice, "a", "80.00"))
        with pytest.raises(OperationalError):
            approved_and_killed(desk, proposal)
        connection.close()
        proposal.refresh_from_db()
        assert (proposal.state, desk.books.open(invoice)) == ("open", "100.00")
        assert desk.approves(proposal).outcome == Proposal.Outcome.EXECUTED
        with pytest.raises(AlreadyDecided):
            deciding.approve(proposal=proposal, seen=proposal.seal, by=desk.farid, at=desk.books.at)
        assert CreditNote.objects.filter(invoice=invoice).count() == 1
    assert holds()
