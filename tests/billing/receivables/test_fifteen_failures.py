"""The fifteen ways in which approving by two people failed elsewhere, as one table.

What runs at the same moment has more rounds in test_proposals_at_once.py.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.auth.models import Permission as DjangoPermission
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.test import Client
from django.utils import timezone

from accounts.operations import personal_tokens, staff
from accounts.operations import roles as granting
from accounts.operations.staff import PersonTerms
from accounts.permissions import OwnProposal, Role
from approvals.models import Proposal, ProposalExecution
from approvals.operations import deciding, delegating, executing
from approvals.operations.deciding import AlreadyDecided, ProposalExpired
from approvals.operations.deciding_many import approve_many
from approvals.operations.executing import NothingToTry
from approvals.policy import AboveLimit, NotForThisRole
from approvals.queries.bulk import bulk_plan
from core.db.stamps import ChangedSince
from core.errors import DomainError
from tests.at_once import at_once
from tests.billing.receivables.books import Books
from tests.billing.receivables.policies import APPROVE, publishes, row
from tests.billing.receivables.proposing import Desk
from tests.cast import deciders, holds
from tests.story import WHY, Story

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def desk(transactional_db: None) -> Desk:
    story = Story()
    customer = story.account("Acme", currency="EUR")
    desk = Desk(Books(story.on("2026-06-01"), customer))
    _ = desk.sena, desk.farid, desk.nora, desk.ulf
    return desk


def write_off(desk: Desk, amount: str = "50.00", *, by: Any = None) -> Proposal:
    return desk.proposes("write_off", invoice=desk.books.invoice({"a": amount}), by=by)


def nothing_done(proposal: Proposal) -> None:
    assert not ProposalExecution.objects.filter(proposal=proposal, outcome="executed").exists()


def becomes_approver(desk: Desk) -> None:
    """Sena puts her role down and is given one that approves."""
    operator, _ = deciders()
    granting.end(
        person=desk.sena, role=Role.SENIOR_SUPPORT, by=operator, at=desk.books.at, reason=WHY
    )
    holds(desk.sena, Role.FINANCE_APPROVER)


def own_by_the_person(desk: Desk) -> None:
    proposal = write_off(desk)
    with pytest.raises(OwnProposal):
        desk.votes(proposal, by=desk.sena)
    nothing_done(proposal)


def own_by_a_token(desk: Desk) -> None:
    """A token decides nothing at all."""
    proposal = write_off(desk)
    becomes_approver(desk)
    secret = personal_tokens.issue(person=desk.sena, label="script", at=timezone.now()).secret
    answer = Client(headers={"Authorization": f"Bearer {secret}"}).post(
        f"/api/v1/proposals/{proposal.public_id}/approve",
        {"seal": proposal.seal},
        content_type="application/json",
    )
    assert answer.status_code == 404
    nothing_done(proposal)


def own_through_a_group(desk: Desk) -> None:
    """There are no groups: what is held is held by a person."""
    assert desk.sena.groups is None
    Group.objects.create(name="approvers").permissions.set(DjangoPermission.objects.all())
    proposal = write_off(desk)
    with pytest.raises(NotForThisRole):
        desk.votes(proposal, by=desk.ulf)
    nothing_done(proposal)


def own_through_a_deputy(desk: Desk) -> None:
    delegating.delegate(
        to=desk.sena, valid_from=desk.books.at, valid_until=desk.books.at + timedelta(days=7),
        by=desk.farid, at=desk.books.at, reason=WHY,
    )  # fmt: skip
    proposal = write_off(desk)
    with pytest.raises(OwnProposal):
        desk.votes(proposal, by=desk.sena)
    nothing_done(proposal)


def own_after_another_role(desk: Desk) -> None:
    proposal = write_off(desk)
    becomes_approver(desk)
    with pytest.raises(OwnProposal):
        desk.votes(proposal, by=desk.sena)
    nothing_done(proposal)


def two_people_made_one(desk: Desk) -> None:
    """People are not merged, and who put it forward or said a word is not rewritten."""
    publishes(desk, row(APPROVE, APPROVE))
    proposal = write_off(desk)
    desk.votes(proposal)
    for statement, person in (
        ("UPDATE approvals_proposal SET maker_id = %s WHERE state = 'open'", desk.farid),
        ("UPDATE approvals_decision SET person_id = %s", desk.sena),
    ):
        refused = pytest.raises(DatabaseError)
        with refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [person.pk])
    nothing_done(proposal)


def another_seal(desk: Desk) -> None:
    proposal = write_off(desk)
    with pytest.raises(ChangedSince):
        desk.votes(proposal, seen="0" * 64)
    nothing_done(proposal)


def another_amount_by_then(desk: Desk) -> None:
    invoice = desk.books.invoice({"a": "100.00"})
    proposal = desk.proposes("write_off", invoice=invoice)
    desk.books.paid(invoice, "30.00")
    assert desk.approves(proposal).outcome == Proposal.Outcome.CHANGED
    proposal.refresh_from_db()
    assert (str(proposal.amount), proposal.state, proposal.version) == ("70.00 EUR", "open", 2)
    nothing_done(proposal)


def a_lower_limit(desk: Desk) -> None:
    proposal = write_off(desk)
    limit = {"role": "finance_approver", "per_item": {"EUR": "40.00"}}
    publishes(desk, row(), limits=[limit])
    proposal.refresh_from_db()
    with pytest.raises(AboveLimit):
        desk.votes(proposal)
    nothing_done(proposal)


def an_approver_who_left(desk: Desk) -> None:
    publishes(desk, row(APPROVE, APPROVE))
    proposal = write_off(desk)
    desk.votes(proposal)
    operator, felix = deciders()
    staff.revise(
        person=desk.farid,
        terms=PersonTerms("Farid", "", desk.farid.email),
        is_active=False,
        by=operator,
        at=desk.books.at,
        reason=WHY,
    )
    assert desk.votes(proposal, by=desk.nora) is None
    assert desk.approves(proposal, by=felix).outcome == "executed"


def approved_twice(desk: Desk) -> None:
    proposal = write_off(desk)
    desk.approves(proposal)
    with pytest.raises(AlreadyDecided):
        desk.votes(proposal, by=desk.nora)
    assert ProposalExecution.objects.filter(proposal=proposal).count() == 1


def approved_and_rejected_at_once(desk: Desk) -> None:
    for _ in range(10):
        proposal = write_off(desk, "1.00")
        given = at_once(
            partial(desk.approves, proposal), partial(desk.rejects, proposal, by=desk.nora)
        )
        refused = [each for each in given if isinstance(each, DomainError)]
        assert [type(each) for each in refused] == [AlreadyDecided]


def expired_and_approved_at_once(desk: Desk) -> None:
    for _ in range(10):
        proposal = write_off(desk, "1.00")
        vote = partial(
            deciding.approve, proposal=proposal, seen=proposal.seal, by=desk.farid,
            at=proposal.expires_at,
        )  # fmt: skip
        tidy = partial(deciding.expire_due, at=proposal.expires_at)
        refused, _count = at_once(vote, tidy)
        assert isinstance(refused, ProposalExpired)
        nothing_done(proposal)


def executed_again(desk: Desk) -> None:
    """A worker that died and comes back finds it done."""
    proposal = write_off(desk)
    desk.approves(proposal)
    for _ in range(3):
        with pytest.raises(NothingToTry):
            executing.try_again(proposal=proposal, by=desk.farid, at=desk.books.at)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO approvals_proposalexecution (proposal_id, attempt, version, outcome, "
            "effect_ref, said, executed_by_id, executed_at) SELECT proposal_id, attempt + 1, "
            "version, outcome, effect_ref, said, executed_by_id, executed_at "
            "FROM approvals_proposalexecution"
        )
    assert ProposalExecution.objects.count() == 1


def one_of_many_is_ones_own(desk: Desk) -> None:
    own, other = write_off(desk, "500.00"), write_off(desk, "10.00", by=desk.ulf)
    becomes_approver(desk)
    seen = {each.public_id: each.seal for each in (own, other)}
    plan = bulk_plan(seen, by=desk.sena, at=desk.books.at)
    assert [each.code for each in plan.others] == ["own_proposal"]
    assert [str(each) for each in plan.sums] == ["10.00 EUR"]
    done = approve_many(seen, by=desk.sena, at=desk.books.at)
    assert {each.proposal.pk: each.code for each in done} == {
        own.pk: "own_proposal", other.pk: "executed"
    }  # fmt: skip
    nothing_done(own)


FAILURES: list[Callable[[Desk], None]] = [
    own_by_the_person,
    own_by_a_token,
    own_through_a_group,
    own_through_a_deputy,
    own_after_another_role,
    two_people_made_one,
    another_seal,
    another_amount_by_then,
    a_lower_limit,
    an_approver_who_left,
    approved_twice,
    approved_and_rejected_at_once,
    expired_and_approved_at_once,
    executed_again,
    one_of_many_is_ones_own,
]


def test_there_are_fifteen() -> None:
    assert len(FAILURES) == 15


@pytest.mark.parametrize("failure", FAILURES, ids=lambda each: each.__name__)
def test_none_of_the_fifteen_failures(failure: Callable[[Desk], None], desk: Desk) -> None:
    failure(desk)
