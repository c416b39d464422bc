"""Two persons for every correction: what one puts forward, another lets happen, once."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import RoleGrant
from accounts.operations import roles as granting
from accounts.permissions import OwnProposal, Role
from approvals.invariants import approved_by_enough, effects_are_named, versions_are_sealed
from approvals.models import Decision, Proposal, ProposalExecution
from approvals.operations import deciding, executing, putting_forward
from approvals.operations.deciding import AlreadyDecided, NotYours, ProposalExpired
from approvals.operations.executing import NothingToTry
from approvals.operations.putting_forward import AlreadyOpen, ReasonCodeUnknown
from approvals.payloads import PayloadInvalid
from approvals.policy import NotForThisRole
from billing.invoicing.crediting import CreditExceeds
from billing.invoicing.models import CreditNote
from billing.ledger.models import Journal
from core.actor import ReasonMissing
from core.db.stamps import ChangedSince
from core.errors import DomainError
from tests.billing.receivables.proposing import Desk, credits
from tests.cast import deciders, holds, person
from tests.story import WHY

OUTCOME = Proposal.Outcome


def test_nothing_happens_until_another_person_approves(desk: Desk) -> None:
    invoice = desk.books.invoice({"a": "100.00"}, rate="19")
    journals = Journal.objects.count()
    proposal = desk.proposes("credit_note", **credits(invoice, "a", "30.00"))
    assert (desk.books.open(invoice), Journal.objects.count()) == ("119.00", journals)
    assert str(proposal.amount) == "35.70 EUR"

    made = desk.approves(proposal)
    note = CreditNote.objects.get()
    assert (made.outcome, made.effect_ref) == (OUTCOME.EXECUTED, note.public_id)
    assert desk.books.open(invoice) == "83.30"
    assert (note.ticket, note.reason_code, note.issued_by) == ("T-1", "billing_error", "Farid")
    assert all(
        check().holds for check in (approved_by_enough, effects_are_named, versions_are_sealed)
    )


def test_what_is_shown_is_what_is_done(desk: Desk) -> None:
    invoice = desk.books.invoice({"a": "100.00"}, rate="19")
    desk.books.paid(invoice, "119.00")
    shown = desk.looks_at("credit_note", **credits(invoice, "a", "30.00"), refund="35.70")
    assert [(row.of, row.name, str(row.change)) for row in shown.changes] == [
        (invoice.number, "a", "-30.00 EUR"),
        (invoice.number, "Tax", "-5.70 EUR"),
        (invoice.number, "Invoice and its credit notes", "-35.70 EUR"),
    ]
    assert {(row.book, str(row.amount)) for row in shown.books} == {
        ("Revenue", "30.00 EUR"),
        ("Tax payable", "5.70 EUR"),
        ("Refunds on their way", "-35.70 EUR"),
    }
    assert "goes back to" in shown.notes[0]


class TestWhoDecides:
    def test_nobody_approves_or_rejects_their_own(self, desk: Desk) -> None:
        """A role that was taken on after proposing changes nothing: it is the same person."""
        invoice = desk.books.invoice({"a": "100.00"})
        proposal = desk.proposes("write_off", invoice=invoice)
        _, approver = deciders()
        operator, _ = deciders()
        granting.end(
            person=desk.sena, role=Role.SENIOR_SUPPORT, by=operator, at=desk.books.at, reason=WHY
        )
        holds(desk.sena, Role.FINANCE_APPROVER)
        for decide in (desk.approves, desk.rejects):
            with pytest.raises(OwnProposal):
                decide(proposal, by=desk.sena)
        assert not Decision.objects.exists()
        assert approver.pk != desk.sena.pk

    def test_a_role_that_does_not_approve_cannot(self, desk: Desk) -> None:
        invoice = desk.books.invoice({"a": "100.00"})
        proposal = desk.proposes("write_off", invoice=invoice)
        with pytest.raises(NotForThisRole, match="finance approver"):
            desk.approves(proposal, by=person("ulf", Role.FINANCE_ADMIN))

    def test_a_role_that_was_taken_away_counts_no_more(self, desk: Desk) -> None:
        invoice = desk.books.invoice({"a": "100.00"})
        proposal = desk.proposes("write_off", invoice=invoice)
        farid = desk.farid
        assert RoleGrant.objects.filter(person=farid, state="granted").exists()
        operator, _ = deciders()
        granting.end(
            person=farid, role=Role.FINANCE_APPROVER, by=operator, at=desk.books.at, reason=WHY
        )
        with pytest.raises(NotForThisRole):
            desk.approves(proposal, by=farid)

    def test_support_puts_forward_a_little_goodwill_and_nothing_else(self, desk: Desk) -> None:
        sam = person("sam", Role.SUPPORT)
        invoice = desk.books.invoice({"a": "100.00", "b": "10.00"})
        little = credits(invoice, "a", "50.00") | {"reason_code": "goodwill"}
        assert desk.proposes("credit_note", by=sam, **little).maker == sam
        much = credits(invoice, "a", "50.01") | {"reason_code": "goodwill"}
        with pytest.raises(NotForThisRole):
            desk.proposes("credit_note", by=sam, **much)
        with pytest.raises(NotForThisRole):
            desk.proposes("credit_note", by=sam, **credits(invoice, "b", "1.00"))
        with pytest.raises(NotForThisRole):
            desk.proposes("write_off", by=sam, invoice=invoice)

    def test_only_who_put_it_forward_takes_it_back(self, desk: Desk) -> None:
        invoice = desk.books.invoice({"a": "100.00"})
        proposal = desk.proposes("write_off", invoice=invoice)
        with pytest.raises(NotYours):
            desk.withdraws(proposal, by=desk.farid)
        assert desk.withdraws(proposal).state == Proposal.State.WITHDRAWN

    @pytest.mark.parametrize(
        ("statement", "constraint"),
        [
            (
                "UPDATE approvals_proposal SET state = 'approved', decided_by_id = maker_id, "
                "decided_at = put_forward_at",
                "proposal_approved_by_enough",
            ),
            (
                "INSERT INTO approvals_decision (proposal_id, version, vote, level, seal_seen, "
                "person_id, decided_at, reason) "
                "SELECT id, 1, 'approve', 1, seal, maker_id, put_forward_at, '' "
                "FROM approvals_proposal",
                "proposal_two_people",
            ),
            (
                "INSERT INTO approvals_proposalexecution (proposal_id, attempt, version, outcome, "
                "effect_ref, said, executed_by_id, executed_at) SELECT id, 1, 1, 'executed', 'x', "
                "'', maker_id, put_forward_at FROM approvals_proposal",
                "proposal_execution_approved",
            ),
            ("UPDATE approvals_proposal SET maker_id = maker_id + 1", "proposal_steps"),
            ("UPDATE approvals_proposal SET amount_minor = 1", "proposal_steps"),
            ("UPDATE approvals_proposal SET outcome = 'executed'", "proposal_steps"),
            ("DELETE FROM approvals_proposal", "proposal_steps"),
        ],
    )
    def test_the_database_refuses_it_too(self, desk: Desk, statement: str, constraint: str) -> None:
        desk.proposes("write_off", invoice=desk.books.invoice({"a": "100.00"}))
        with (
            pytest.raises(IntegrityError) as refused,
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
        assert constraint in str(refused.value.__cause__.diag.constraint_name)  # type: ignore[union-attr]


class TestWhatChangedSince:
    def test_it_is_open_again_and_says_what_is_different(self, desk: Desk) -> None:
        """TD2: nothing is posted, and no worker is needed to notice."""
        invoice = desk.books.invoice({"a": "100.00"}, rate="19")
        proposal = desk.proposes("write_off", invoice=invoice)
        desk.books.paid(invoice, "50.00")
        journals = Journal.objects.count()
        made = desk.approves(proposal)
        assert (made.outcome, made.effect_ref) == (OUTCOME.CHANGED, "")
        assert "119.00 EUR → 69.00 EUR" in made.said
        assert Journal.objects.count() == journals
        proposal.refresh_from_db()
        assert (proposal.state, proposal.version) == (Proposal.State.OPEN, 2)
        assert str(proposal.amount) == "69.00 EUR"

        assert desk.approves(proposal).outcome == OUTCOME.EXECUTED
        assert desk.books.open(invoice) == "0.00"
        votes = Decision.objects.order_by("pk").values_list("version", "vote")
        assert list(votes) == [(1, "approve"), (2, "approve")]

    def test_what_was_seen_of_an_older_version_does_not_count(self, desk: Desk) -> None:
        invoice = desk.books.invoice({"a": "100.00"}, rate="19")
        proposal = desk.proposes("write_off", invoice=invoice)
        old = proposal.seal
        desk.books.paid(invoice, "50.00")
        desk.approves(proposal)
        with pytest.raises(ChangedSince) as refused:
            desk.approves(proposal, seen=old, by=desk.nora)
        told = {each.field: (each.old, each.new) for each in refused.value.differences}
        assert told["Amount"] == ("119.00 EUR", "69.00 EUR")
        assert desk.books.open(invoice) == "69.00"

    def test_nothing_left_is_said_and_can_be_tried_again(self, desk: Desk) -> None:
        invoice = desk.books.invoice({"a": "100.00"})
        proposal = desk.proposes("write_off", invoice=invoice)
        payment = desk.books.paid(invoice, "100.00")
        made = desk.approves(proposal)
        assert (made.outcome, made.said) == (
            OUTCOME.NOTHING_LEFT, f"Nothing of {invoice} is open.",
        )  # fmt: skip
        settlement = payment.settlements.get()
        assert desk.does("settlement_reversal", settlement=settlement).outcome == OUTCOME.EXECUTED
        again = executing.try_again(proposal=proposal, by=desk.farid, at=desk.books.at)
        assert (again.attempt, again.outcome) == (2, OUTCOME.EXECUTED)
        with pytest.raises(NothingToTry):
            executing.try_again(proposal=proposal, by=desk.farid, at=desk.books.at)

    def test_what_the_rules_refuse_by_then_is_approved_and_not_done(self, desk: Desk) -> None:
        invoice = desk.books.invoice({"a": "100.00"})
        proposal = desk.proposes("credit_note", **credits(invoice, "a", "80.00"))
        desk.books.credits(invoice, "a", "30.00")
        made = desk.approves(proposal)
        assert made.outcome == OUTCOME.REFUSED
        assert "more than the 70.00 EUR that is left" in made.said
        proposal.refresh_from_db()
        assert (proposal.state, proposal.outcome) == ("approved", "refused")


class TestWhen:
    def test_it_expires_at_its_instant_without_anybody(self, desk: Desk) -> None:
        """TD5: half-open, compared where it is decided."""
        invoice = desk.books.invoice({"a": "100.00", "b": "1.00"})
        proposal = desk.proposes("write_off", invoice=invoice, amount="1.00")
        last = proposal.expires_at - timedelta(microseconds=1)
        with pytest.raises(ProposalExpired, match="It was not done"):
            deciding.approve(
                proposal=proposal, seen=proposal.seal, by=desk.farid, at=proposal.expires_at
            )
        made = deciding.approve(proposal=proposal, seen=proposal.seal, by=desk.farid, at=last)
        assert made is not None
        assert made.outcome == OUTCOME.EXECUTED

    def test_what_expired_can_be_put_forward_again(self, desk: Desk) -> None:
        invoice = desk.books.invoice({"a": "100.00"})
        first = desk.proposes("write_off", invoice=invoice)
        desk.books.story.at = first.expires_at
        second = desk.proposes("write_off", invoice=invoice)
        first.refresh_from_db()
        assert (first.state, second.state) == ("expired", "open")
        assert deciding.expire_due(at=second.expires_at) == 1

    def test_it_is_decided_once(self, desk: Desk) -> None:
        invoice = desk.books.invoice({"a": "100.00"})
        proposal = desk.proposes("write_off", invoice=invoice)
        desk.approves(proposal)
        for again in (desk.approves, desk.rejects, desk.withdraws):
            with pytest.raises(AlreadyDecided, match="approved by Farid at 2026-06-01 00:00 UTC"):
                again(proposal)
        assert ProposalExecution.objects.count() == 1


class TestPuttingForward:
    def test_the_same_is_open_once(self, desk: Desk) -> None:
        """However it is written: the canonical form is the same."""
        invoice = desk.books.invoice({"a": "100.00"})
        desk.proposes("write_off", invoice=invoice, amount="20.00")
        with pytest.raises(AlreadyOpen):
            desk.proposes("write_off", invoice=invoice.number, amount="20")

    def test_ones_own_can_be_replaced(self, desk: Desk) -> None:
        invoice = desk.books.invoice({"a": "100.00"})
        first = desk.proposes("write_off", invoice=invoice, amount="20.00")
        second = desk.proposes("write_off", invoice=invoice, amount="30.00", replaces=first)
        first.refresh_from_db()
        assert (first.state, second.replaces) == ("superseded", first)
        with pytest.raises(AlreadyDecided):
            desk.approves(first)

    @pytest.mark.parametrize(
        ("payload", "pointer"),
        [
            ({}, "/invoice"),
            ({"invoice": "CF-99999999"}, "/invoice"),
            ({"invoice": 7}, "/invoice"),
            ({"invoice": "a\x00"}, "/invoice"),
            ({"lines": []}, "/lines"),
            ({"all": True, "tax": [{"group": "standard", "amount": "1.00"}]}, "/lines"),
            ({"lines": [{"charge": "a"}]}, "/lines/0/amount"),
            ({"lines": [{"charge": "a", "amount": "1", "percent": "5"}]}, "/lines/0/amount"),
            ({"lines": [{"charge": "a", "amount": "0"}]}, "/lines/0/amount"),
            ({"lines": [{"charge": "a", "amount": "1.001"}]}, "/amount"),
            ({"lines": [{"charge": "a", "amount": "1e3"}]}, "/amount"),
            ({"lines": [{"charge": "a", "amount": 1}]}, "/amount"),
            ({"lines": [{"charge": "a", "percent": "101"}]}, "/lines/0/percent"),
            ({"lines": [7]}, "/lines/0"),
            ({"all": True, "hidden": 1}, "/hidden"),
            ({"all": True, "refund": "-1"}, "/refund"),
        ],
    )
    def test_a_payload_is_read_strictly(
        self, desk: Desk, payload: dict[str, Any], pointer: str
    ) -> None:
        invoice = desk.books.invoice({"a": "100.00"})
        given = payload if "invoice" in payload or not payload else {"invoice": invoice} | payload
        with pytest.raises(DomainError) as refused:
            desk.proposes("credit_note", **given)
        assert [each.pointer for each in refused.value.errors] == [pointer]
        assert not Proposal.objects.exists()

    def test_it_says_why_for_a_reason_the_kind_knows(self, desk: Desk) -> None:
        invoice = desk.books.invoice({"a": "100.00"})
        with pytest.raises(ReasonCodeUnknown):
            desk.proposes("write_off", invoice=invoice, reason_code="because")
        wish = desk.wish("write_off", invoice=invoice)
        with pytest.raises(ReasonMissing):
            putting_forward.put_forward(
                wish=replace(wish, reason=" \u200b "), by=desk.sena, at=desk.books.at
            )

    def test_what_cannot_be_done_is_not_put_forward(self, desk: Desk) -> None:
        invoice = desk.books.invoice({"a": "100.00"})
        with pytest.raises(CreditExceeds):
            desk.proposes("credit_note", **credits(invoice, "a", "100.01"))
        with pytest.raises(PayloadInvalid):
            desk.proposes("refund", amount="5.00")
        assert not Proposal.objects.exists()
