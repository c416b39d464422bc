"""A deputy decides in another's name: dated, one hop, up to what both may, never their own."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import User
from accounts.operations import roles as granting
from accounts.permissions import OwnProposal, Role
from approvals.authority import VotedAlready
from approvals.models import Decision, Delegation, Proposal
from approvals.operations import delegating
from approvals.operations.delegating import (
    DelegationChained,
    DelegationEnded,
    DelegationGiven,
    DelegationInvalid,
    DelegationOfAnother,
)
from approvals.policy import AboveLimit, NotForThisRole
from tests.billing.receivables.policies import APPROVE, publishes, row
from tests.billing.receivables.proposing import Desk
from tests.cast import deciders, person
from tests.story import WHY, instant


def delegates(desk: Desk, of: User, to: User, *, days: int = 7) -> Delegation:
    return delegating.delegate(
        to=to, valid_from=desk.books.at, valid_until=desk.books.at + timedelta(days=days),
        by=of, at=desk.books.at, reason="Away",
    )  # fmt: skip


def write_off(desk: Desk, amount: str = "50.00", *, by: User | None = None) -> Proposal:
    return desk.proposes("write_off", invoice=desk.books.invoice({"a": amount}), by=by)


def test_TD10_a_deputy_votes_in_the_name_until_the_instant_it_ends(desk: Desk) -> None:
    """F is away [1 June, 8 June); G votes at the last microsecond, and not at the end."""
    gia = person("gia", Role.SUPPORT)
    first, second = write_off(desk), write_off(desk)
    with pytest.raises(NotForThisRole):
        desk.votes(first, by=gia)
    delegation = delegates(desk, desk.farid, gia)
    desk.books.story.at = instant("2026-06-08") - timedelta(microseconds=1)
    assert desk.approves(first, by=gia).outcome == "executed"
    vote = Decision.objects.get(proposal=first)
    assert (vote.person, vote.in_name_of) == (gia, desk.farid)
    desk.books.story.on("2026-06-07T23:59:59")
    late = write_off(desk)
    desk.books.story.on("2026-06-08")
    with pytest.raises(NotForThisRole):
        desk.votes(late, by=gia)
    assert delegation.valid_until == desk.books.at
    assert second.pk != first.pk


def test_TD10_an_earlier_vote_stands_after_the_delegation(desk: Desk) -> None:
    publishes(desk, row(APPROVE, APPROVE))
    gia = person("gia", Role.SUPPORT)
    delegates(desk, desk.farid, gia, days=1)
    proposal = write_off(desk)
    assert desk.votes(proposal, by=gia) is None
    desk.books.story.on("2026-06-03")
    assert desk.approves(proposal, by=desk.nora).outcome == "executed"


def test_TD10_nobody_decides_their_own_as_a_deputy(desk: Desk) -> None:
    delegates(desk, desk.farid, desk.sena)
    with pytest.raises(OwnProposal):
        desk.votes(write_off(desk), by=desk.sena)
    assert desk.approves(write_off(desk, by=desk.ulf), by=desk.sena).outcome == "executed"


def test_TD10_nor_what_was_put_forward_by_whose_name_it_is(desk: Desk) -> None:
    gia = person("gia", Role.SUPPORT)
    delegates(desk, desk.sena, gia)
    with pytest.raises(NotForThisRole):
        desk.votes(write_off(desk), by=gia)


def test_TD10_a_name_counts_once_on_a_version(desk: Desk) -> None:
    publishes(desk, row(APPROVE, APPROVE))
    gia = person("gia", Role.SUPPORT)
    delegates(desk, desk.farid, gia)
    proposal = write_off(desk)
    assert desk.votes(proposal, by=gia) is None
    with pytest.raises(VotedAlready):
        desk.votes(proposal, by=desk.farid)
    assert desk.approves(proposal, by=desk.nora).outcome == "executed"


def test_TD10_a_second_hop_and_a_loop_are_refused_when_written(desk: Desk) -> None:
    gia, max_ = person("gia", Role.SUPPORT), person("max", Role.SUPPORT)
    delegates(desk, desk.farid, gia)
    for of, to in ((gia, desk.farid), (gia, max_), (desk.nora, desk.farid)):
        with pytest.raises(DelegationChained):
            delegates(desk, of, to)
    with pytest.raises(DelegationGiven):
        delegates(desk, desk.farid, max_)
    with pytest.raises(DelegationInvalid):
        delegates(desk, max_, max_)
    with pytest.raises(DelegationInvalid):
        delegates(desk, max_, gia, days=0)


def test_TD10_a_deputy_has_the_lesser_of_both_limits(desk: Desk) -> None:
    gia = person("gia", Role.SUPPORT)
    limits = [
        {"person": desk.farid.public_id, "per_item": {"EUR": "100.00"}},
        {"person": gia.public_id, "per_item": {"EUR": "40.00"}},
    ]
    publishes(desk, row(), limits=limits)
    delegates(desk, desk.farid, gia)
    with pytest.raises(AboveLimit, match=r"above your limit of 40\.00"):
        desk.votes(write_off(desk, "50.00"), by=gia)
    assert desk.approves(write_off(desk, "40.00"), by=gia).outcome == "executed"


def test_what_a_deputy_let_happen_counts_for_the_day_of_both(desk: Desk) -> None:
    gia = person("gia", Role.SUPPORT)
    limits = [{"person": desk.farid.public_id, "per_day": {"EUR": "60.00"}}]
    publishes(desk, row(), limits=limits)
    delegates(desk, desk.farid, gia)
    desk.approves(write_off(desk, "50.00"), by=gia)
    with pytest.raises(AboveLimit, match="a day"):
        desk.votes(write_off(desk, "20.00"), by=desk.farid)


def test_a_vote_counts_no_more_when_whose_name_it_is_lost_the_role(desk: Desk) -> None:
    publishes(desk, row(APPROVE, APPROVE))
    gia = person("gia", Role.SUPPORT)
    delegates(desk, desk.farid, gia)
    proposal = write_off(desk)
    desk.votes(proposal, by=gia)
    operator, felix = deciders()
    granting.end(
        person=desk.farid, role=Role.FINANCE_APPROVER, by=operator, at=desk.books.at, reason=WHY
    )
    assert desk.votes(proposal, by=desk.nora) is None
    assert desk.approves(proposal, by=felix).outcome == "executed"


def test_it_is_ended_by_whose_name_it_is_and_another_may_follow(desk: Desk) -> None:
    gia = person("gia", Role.SUPPORT)
    delegation = delegates(desk, desk.farid, gia)
    desk.books.story.on("2026-06-02")
    with pytest.raises(DelegationOfAnother):
        delegating.end_early(delegation=delegation, by=gia, at=desk.books.at)
    delegating.end_early(delegation=delegation, by=desk.farid, at=desk.books.at)
    with pytest.raises(NotForThisRole):
        desk.votes(write_off(desk), by=gia)
    with pytest.raises(DelegationEnded):
        delegating.end_early(delegation=delegation, by=desk.farid, at=desk.books.at)
    delegates(desk, desk.farid, person("max", Role.SUPPORT))


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("UPDATE approvals_delegation SET valid_until = valid_until + interval '1 day'",
         "delegation_only_ends"),
        ("DELETE FROM approvals_delegation", "delegation_only_ends"),
        ("INSERT INTO approvals_decision (proposal_id, version, vote, level, seal_seen, person_id, "
         "in_name_of_id, decided_at, reason) SELECT id, version, 'approve', 1, seal, "
         "(SELECT id FROM accounts_user WHERE username = 'nora'), "
         "(SELECT id FROM accounts_user WHERE username = 'farid'), put_forward_at, '' "
         "FROM approvals_proposal", "decision_by_a_deputy"),
    ],
)  # fmt: skip
def test_the_database_refuses_it_too(desk: Desk, statement: str, constraint: str) -> None:
    _ = desk.nora
    delegates(desk, desk.farid, person("gia", Role.SUPPORT))
    write_off(desk)
    refused = pytest.raises(IntegrityError)
    with refused as error, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert constraint in str(error.value.__cause__.diag.constraint_name)  # type: ignore[union-attr]
