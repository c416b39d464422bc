"""The policy as data: levels of different people, limits, and what a new version does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.operations import roles as granting
from accounts.permissions import OwnProposal, Role
from approvals.authority import VotedAlready
from approvals.invariants import approved_by_enough, effects_are_named, versions_are_sealed
from approvals.models import ApprovalPolicy, Decision, Proposal
from approvals.operations import deciding, putting_forward
from approvals.operations.deciding import AlreadyDecided, NotYours
from approvals.operations.putting_forward import NotReturned, OtherMatter, Wish
from approvals.payloads import PayloadInvalid
from approvals.policy import AboveLimit, NotForThisRole
from approvals.queries import proposals
from approvals.queries.policies import present_policy
from approvals.queries.standing import standing_of
from approvals.queries.waiting import to_decide
from core.db.stamps import ChangedSince
from tests.billing.receivables.policies import APPROVE, document, publishes, row
from tests.billing.receivables.proposing import Desk, credits
from tests.cast import deciders
from tests.story import WHY

SMALL = {"EUR": "1000.00"}
LIMIT: dict[str, Any] = {"role": "finance_approver", "per_item": {"EUR": "100.00"}}


def above_1000(desk: Desk) -> ApprovalPolicy:
    """Write-offs above 1,000.00 EUR are decided on two levels."""
    return publishes(desk, row(up_to=SMALL), row(APPROVE, APPROVE))


def says(proposal: Proposal) -> list[str]:
    """What the page says of each vote."""
    standing = standing_of(Proposal.objects.select_related("account").get(pk=proposal.pk))
    return [
        f"{vote.decision.person} {vote.decision.vote}"
        + ("" if vote.is_of_present else f" of an older version ({vote.amount})")
        + (f": {vote.why_not}" if vote.why_not else "")
        for vote in standing.votes
    ]


class TestLevels:
    def test_td9_two_different_people_decide_whatever_their_roles(self, desk: Desk) -> None:
        """Above 1,000.00 Farid's second click closes no second level; Nora's does."""
        above_1000(desk)
        invoice = desk.books.invoice({"a": "1500.00"})
        proposal = desk.proposes("write_off", invoice=invoice)
        assert desk.votes(proposal) is None
        with pytest.raises(VotedAlready, match="level 2"):
            desk.votes(proposal)
        assert (desk.books.open(invoice), len(says(proposal))) == ("1500.00", 1)
        made = desk.approves(proposal, by=desk.nora)
        assert (made.outcome, desk.books.open(invoice)) == ("executed", "0.00")
        levels = Decision.objects.filter(proposal=proposal).order_by("pk")
        assert list(levels.values_list("person__username", "level")) == [("farid", 1), ("nora", 2)]

    def test_up_to_the_amount_one_is_enough(self, desk: Desk) -> None:
        above_1000(desk)
        invoice = desk.books.invoice({"a": "1000.00"})
        assert desk.approves(desk.proposes("write_off", invoice=invoice)).outcome == "executed"

    def test_a_level_may_ask_for_several_people(self, desk: Desk) -> None:
        publishes(desk, row({"permission": "credit.approve", "persons": 2}))
        proposal = desk.proposes("write_off", invoice=desk.books.invoice({"a": "5.00"}))
        assert desk.votes(proposal) is None
        with pytest.raises(VotedAlready):
            desk.votes(proposal)
        assert desk.approves(proposal, by=desk.nora).outcome == "executed"

    def test_a_row_may_be_about_one_account(self, desk: Desk) -> None:
        account = desk.books.customer.account
        publishes(desk, row(APPROVE, APPROVE, accounts=[account.public_id]))
        proposal = desk.proposes("write_off", invoice=desk.books.invoice({"a": "5.00"}))
        assert desk.votes(proposal) is None

    def test_who_approved_may_still_reject_before_the_last_level(self, desk: Desk) -> None:
        above_1000(desk)
        proposal = desk.proposes("write_off", invoice=desk.books.invoice({"a": "1500.00"}))
        desk.votes(proposal)
        assert desk.rejects(proposal).state == Proposal.State.REJECTED
        with pytest.raises(AlreadyDecided):
            desk.votes(proposal, by=desk.nora)

    def test_a_vote_counts_no_more_when_its_role_was_taken_away(self, desk: Desk) -> None:
        above_1000(desk)
        proposal = desk.proposes("write_off", invoice=desk.books.invoice({"a": "1500.00"}))
        desk.votes(proposal)
        operator, felix = deciders()
        granting.end(
            person=desk.farid, role=Role.FINANCE_APPROVER, by=operator, at=desk.books.at, reason=WHY
        )
        assert says(proposal) == ["Farid approve: Farid does not hold the role any more."]
        assert desk.votes(proposal, by=desk.nora) is None
        assert desk.approves(proposal, by=felix).outcome == "executed"

    @pytest.mark.parametrize(
        ("statement", "constraint"),
        [
            (
                "UPDATE approvals_proposal SET state = 'approved', decided_at = put_forward_at, "
                "decided_by_id = (SELECT person_id FROM approvals_decision) WHERE state = 'open'",
                "proposal_approved_by_enough",
            ),
            (
                "INSERT INTO approvals_decision (proposal_id, version, vote, level, seal_seen, "
                "person_id, decided_at, reason) SELECT proposal_id, version, vote, 2, seal_seen, "
                "person_id, decided_at, '' FROM approvals_decision WHERE person_id = "
                "(SELECT id FROM accounts_user WHERE username = 'farid')",
                "decision_approved_once",
            ),
            (
                "INSERT INTO approvals_proposalexecution (proposal_id, attempt, version, outcome, "
                "effect_ref, said, executed_by_id, executed_at) SELECT id, 1, 1, 'executed', 'x', "
                "'', maker_id, put_forward_at FROM approvals_proposal WHERE state = 'open'",
                "proposal_execution_approved",
            ),
            ("UPDATE approvals_approvalpolicy SET number = 7", "append_only"),
        ],
    )
    def test_the_database_counts_people_too(
        self, desk: Desk, statement: str, constraint: str
    ) -> None:
        above_1000(desk)
        proposal = desk.proposes("write_off", invoice=desk.books.invoice({"a": "1500.00"}))
        desk.votes(proposal)
        if "SET state" in statement:
            statement = statement.replace(
                "FROM approvals_decision)",
                f"FROM approvals_decision WHERE proposal_id = {proposal.pk})",
            )
        with (
            pytest.raises(IntegrityError) as refused,
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
        assert constraint in str(refused.value.__cause__.diag.constraint_name)  # type: ignore[union-attr]


class TestLimits:
    def test_more_than_one_may_let_happen_waits_for_somebody_who_may(self, desk: Desk) -> None:
        publishes(desk, limits=[{"person": desk.farid.public_id, "per_item": {"EUR": "100.00"}}])
        within = desk.proposes("write_off", invoice=desk.books.invoice({"a": "100.00"}))
        assert desk.approves(within).outcome == "executed"
        above = desk.proposes("write_off", invoice=desk.books.invoice({"a": "100.01"}))
        with pytest.raises(AboveLimit, match=r"100\.01 EUR is above your limit of 100\.00 EUR"):
            desk.approves(above)
        assert desk.approves(above, by=desk.nora).outcome == "executed"

    def test_a_day_has_a_limit_too(self, desk: Desk) -> None:
        publishes(desk, limits=[{"role": "finance_approver", "per_day": {"EUR": "100.00"}}])
        first, second, third = (
            desk.proposes("write_off", invoice=desk.books.invoice({"a": amount}))
            for amount in ("60.00", "40.01", "40.00")
        )
        desk.approves(first)
        with pytest.raises(AboveLimit, match=r"40\.01 EUR after 60\.00 EUR today"):
            desk.approves(second)
        assert desk.approves(third).outcome == "executed"
        desk.books.story.at += timedelta(days=1)
        assert desk.approves(second).outcome == "executed"

    def test_a_currency_that_is_not_named_has_no_limit_to_spend(self, desk: Desk) -> None:
        publishes(desk, limits=[{"role": "finance_approver", "per_item": {"USD": "100.00"}}])
        proposal = desk.proposes("write_off", invoice=desk.books.invoice({"a": "0.01"}))
        with pytest.raises(AboveLimit, match=r"limit of 0\.00 EUR"):
            desk.approves(proposal)

    def test_a_limit_lowered_since_takes_the_vote_away(self, desk: Desk) -> None:
        above_1000(desk)
        proposal = desk.proposes("write_off", invoice=desk.books.invoice({"a": "1500.00"}))
        desk.votes(proposal)
        publishes(
            desk, row(up_to=SMALL), row(APPROVE, APPROVE),
            limits=[{"person": desk.farid.public_id, "per_item": {"EUR": "1000.00"}}],
        )  # fmt: skip
        assert says(proposal) == ["Farid approve: It is above the limit of Farid by now."]
        assert desk.votes(proposal, by=desk.nora) is None


class TestPolicies:
    def test_a_policy_is_published_by_two(self, desk: Desk) -> None:
        wish = Wish("approval_policy", document(row(APPROVE, APPROVE)), "control", WHY)
        with pytest.raises(NotForThisRole):
            putting_forward.put_forward(wish=wish, by=desk.farid, at=desk.books.at)
        proposal = putting_forward.put_forward(wish=wish, by=desk.ulf, at=desk.books.at)
        assert (proposal.account, proposal.amount, present_policy().number) == (None, None, 1)
        with pytest.raises(OwnProposal):
            desk.approves(proposal, by=desk.ulf)
        made = desk.approves(proposal)
        policy = ApprovalPolicy.objects.get()
        assert (made.effect_ref, policy.number) == (policy.public_id, 2)
        assert present_policy().number == 2
        shown = proposals.proposal_detail(proposals.find(proposal.public_id), at=desk.books.at)
        assert shown.effect.notes[:2] == [
            "Version 2 takes the place of version 1.",
            "New: write off: 1 × finance approver, then 1 × finance approver.",
        ]

    def test_what_is_open_and_decided_otherwise_is_asked_anew(self, desk: Desk) -> None:
        """Its vote stays and does not count; what is decided alike stays as it is."""
        above_1000(desk)
        invoice = desk.books.invoice({"a": "1500.00", "b": "10.00"})
        large = desk.proposes("write_off", invoice=invoice)
        other = desk.books.invoice({"a": "10.00"})
        note = desk.proposes("credit_note", **credits(other, "a", "1.00"))
        desk.votes(large)
        publishes(desk, row({"permission": "credit.approve", "persons": 2}))
        large.refresh_from_db()
        note.refresh_from_db()
        assert (large.state, large.version, note.version) == ("open", 2, 1)
        assert says(large) == ["Farid approve of an older version (1510.00 EUR)"]
        waiting = to_decide(desk.farid, at=desk.books.at, most=10)
        assert large in [each.row.proposal for each in waiting]
        assert desk.votes(large) is None
        assert desk.approves(large, by=desk.nora).outcome == "executed"
        assert desk.approves(note).outcome == "executed"

    def test_another_was_published_meanwhile(self, desk: Desk) -> None:
        wish = Wish("approval_policy", document(row(APPROVE, APPROVE)), "control", WHY)
        proposal = putting_forward.put_forward(wish=wish, by=desk.ulf, at=desk.books.at)
        publishes(desk, row())
        assert desk.approves(proposal).outcome == "changed"
        proposal.refresh_from_db()
        assert (proposal.state, proposal.version) == ("open", 2)

    def test_it_says_what_nobody_present_could_satisfy(self, desk: Desk) -> None:
        wish = Wish(
            "approval_policy",
            document(row({"permission": "credit.approve", "persons": 4})),
            "control",
            WHY,
        )
        shown = putting_forward.look_at(wish=wish, by=desk.ulf, at=desk.books.at)
        assert "Nobody present can satisfy it for write_off: 4 people are needed." in shown.notes

    @pytest.mark.parametrize(
        ("payload", "pointer"),
        [
            (document() | {"open_for_days": 0}, "/open_for_days"),
            (document() | {"open_for_days": True}, "/open_for_days"),
            (document() | {"more": 1}, "/more"),
            (document(row(kind="gift")), "/rules/0/kinds"),
            (document(row() | {"propose": "credit.approve"}), "/rules/0/propose"),
            (document(row({"permission": "credit.propose"})), "/rules/0/levels/0/permission"),
            (document(row(APPROVE | {"persons": 0})), "/rules/0/levels/0/persons"),
            (document(row() | {"levels": []}), "/rules/0/levels"),
            (document(row(up_to={"EUR": "-1"})), "/rules/0/up_to/EUR"),
            (document(row(up_to={"XXQ": "1"})), "/rules/0/up_to/XXQ"),
            (document(limits=[{"role": "king", "per_item": {"EUR": "1"}}]), "/limits/0/role"),
            (document(limits=[{"role": "support"}]), "/limits/0/per_item"),
        ],
    )
    def test_a_policy_is_read_strictly(
        self, desk: Desk, payload: dict[str, Any], pointer: str
    ) -> None:
        wish = Wish("approval_policy", payload, "control", WHY)
        with pytest.raises(PayloadInvalid) as refused:
            putting_forward.put_forward(wish=wish, by=desk.ulf, at=desk.books.at)
        assert [each.pointer for each in refused.value.errors] == [pointer]


class TestReturned:
    def test_td3_td12_votes_of_older_versions_stay_and_do_not_count(self, desk: Desk) -> None:
        """50.00 is approved by the first of two and returned; 70.00 needs both."""
        publishes(desk, row(APPROVE, APPROVE, kind="credit_note"))
        invoice = desk.books.invoice({"a": "100.00", "b": "100.00"})
        proposal = desk.proposes("credit_note", **_both(invoice, "20.00"))
        desk.votes(proposal)
        first = proposal.seal
        deciding.give_back(
            proposal=proposal, seen=first, by=desk.nora, at=desk.books.at, reason="Only one day?"
        )
        proposal.refresh_from_db()
        assert (proposal.state, str(proposal.amount)) == ("returned", "50.00 EUR")
        with pytest.raises(AlreadyDecided, match="was returned by Nora"):
            desk.votes(proposal, by=desk.nora)

        wish = desk.wish("credit_note", **_both(invoice, "40.00"))
        again = putting_forward.put_forward_again(
            proposal=proposal, wish=wish, by=desk.sena, at=desk.books.at
        )
        assert (again.state, again.version, str(again.amount)) == ("open", 2, "70.00 EUR")
        assert says(again) == [
            "Farid approve of an older version (50.00 EUR)",
            "Nora return of an older version (50.00 EUR)",
        ]
        with pytest.raises(ChangedSince, match=r"50\.00 EUR, it is 70\.00 EUR"):
            desk.votes(proposal, by=desk.farid, seen=first)
        waiting = to_decide(desk.farid, at=desk.books.at, most=10)
        assert [each.row.proposal for each in waiting] == [again]
        assert [each.is_again for each in waiting] == [True]
        assert desk.votes(again) is None
        assert desk.approves(again, by=desk.nora).outcome == "executed"
        kept = Decision.objects.filter(proposal=again).order_by("pk")
        assert [(each.version, each.vote, each.seal_seen == first) for each in kept] == [
            (1, "approve", True), (1, "return", True), (2, "approve", False), (2, "approve", False),
        ]  # fmt: skip
        assert all(
            check().holds for check in (approved_by_enough, effects_are_named, versions_are_sealed)
        )

    def test_only_its_maker_answers_and_only_about_the_same(self, desk: Desk) -> None:
        invoice = desk.books.invoice({"a": "100.00"})
        proposal = desk.proposes("write_off", invoice=invoice)
        wish = desk.wish("write_off", invoice=invoice, amount="5.00")
        answer: dict[str, Any] = {"proposal": proposal, "at": desk.books.at}
        with pytest.raises(NotReturned):
            putting_forward.put_forward_again(wish=wish, by=desk.sena, **answer)
        deciding.give_back(
            proposal=proposal, seen=proposal.seal, by=desk.farid, at=desk.books.at, reason=WHY
        )
        with pytest.raises(NotYours):
            putting_forward.put_forward_again(wish=wish, by=desk.ulf, **answer)
        other = desk.wish("write_off", invoice=invoice, reason_code="small_balance")
        with pytest.raises(OtherMatter):
            putting_forward.put_forward_again(wish=other, by=desk.sena, **answer)
        assert desk.withdraws(proposal).state == "withdrawn"

    def test_it_can_be_decided_anew_for_as_long_as_at_first(self, desk: Desk) -> None:
        invoice = desk.books.invoice({"a": "100.00"})
        proposal = desk.proposes("write_off", invoice=invoice)
        deciding.give_back(
            proposal=proposal, seen=proposal.seal, by=desk.farid, at=desk.books.at, reason=WHY
        )
        desk.books.story.at += timedelta(days=30)
        wish = desk.wish("write_off", invoice=invoice, amount="5.00")
        again = putting_forward.put_forward_again(
            proposal=proposal, wish=wish, by=desk.sena, at=desk.books.at
        )
        assert again.expires_at == desk.books.at + timedelta(days=7)
        assert desk.approves(again).outcome == "executed"


def _both(invoice: Any, first: str) -> dict[str, Any]:
    lines = [{"charge": "a", "amount": first}, {"charge": "b", "amount": "30.00"}]
    return {"invoice": invoice, "lines": lines}
