"""Two colleagues, or a customer's payment and a decision, at the same moment: one of them wins."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from approvals.models import Proposal
from approvals.operations.deciding import AlreadyDecided
from billing.disputes.models import DisputeCase, DisputeLine
from billing.disputes.operations.opening import DecidedAlready, DisputedAlready
from billing.invoicing.models import CreditNote
from billing.receivables.invariants import receivables_agree, settlements_within
from core.db.stamps import ChangedSince
from core.errors import DomainError
from core.invariants import invariants
from tests.at_once import at_once
from tests.billing.disputes.claiming import Counter
from tests.story import Story

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

State = DisputeLine.State


@pytest.fixture
def counter(transactional_db: None) -> Counter:
    counter = Counter(Story()).runs_a_dyno()
    _ = counter.desk.sena, counter.desk.farid, counter.desk.nora
    return counter


def answers(*calls: Callable[[], Any]) -> tuple[list[Any], list[DomainError]]:
    """What won, and what was refused; anything else breaks the test."""
    given = at_once(*calls)
    refused = [each for each in given if isinstance(each, DomainError)]
    return [each for each in given if each not in refused], refused


def all_holds() -> bool:
    named = invariants(["C1", "C2", "C3", "C4"])
    books = (receivables_agree, settlements_within)
    return all(each.check().holds for each in named) and all(each().holds for each in books)


def test_two_open_a_dispute_about_one_charge(counter: Counter) -> None:
    won, refused = answers(*[partial(counter.contests, "not_ours")] * 4)

    assert (len(won), {type(each) for each in refused}) == (1, {DisputedAlready})
    assert (DisputeCase.objects.count(), DisputeLine.objects.count()) == (1, 1)
    assert all_holds()


def test_one_grants_while_the_other_denies(counter: Counter) -> None:
    for _ in range(5):
        line = counter.contests("not_ours")
        won, refused = answers(partial(counter.grants, line), partial(counter.denies, line))

        assert len(won) == 1
        assert [type(each) for each in refused] == [DecidedAlready]
        after = counter.line_of(line.case)
        assert after.state in (State.PROPOSED, State.DENIED)
        if after.state == State.PROPOSED:
            counter.desk.rejects(Proposal.objects.get(public_id=after.proposal))
            counter.denies(counter.line_of(line.case))
    assert all_holds()


def test_two_grant_one_line(counter: Counter) -> None:
    line = counter.contests("not_ours")
    won, refused = answers(*[partial(counter.grants, line)] * 3)

    assert len(won) == 1
    assert {type(each) for each in refused} == {DecidedAlready}
    assert Proposal.objects.count() == 1
    assert all_holds()


def test_two_approve_while_the_customer_pays(counter: Counter) -> None:
    line = counter.contests("not_ours")
    proposal = counter.grants(line, "20.00")
    invoice, books = counter.invoice, counter.desk.books
    _, refused = answers(
        partial(counter.desk.approves, proposal),
        partial(counter.desk.approves, proposal, by=counter.desk.nora),
        partial(books.paid, invoice, "11.00"),
    )

    # A payment that came first makes it come to something else: then it is looked at again.
    assert {type(each) for each in refused} <= {AlreadyDecided, ChangedSince}
    proposal.refresh_from_db()
    if proposal.state == Proposal.State.OPEN:
        counter.approves(proposal)
    assert CreditNote.objects.count() == 1
    assert counter.line_of(line.case).state == State.PARTLY_GRANTED
    assert books.open(invoice) == "0.00"
    assert all_holds()
