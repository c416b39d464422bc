"""How a contested line goes: held, put forward, decided by somebody else, and never twice."""

import pytest
from django.db import IntegrityError, connection, transaction

from approvals.models import Proposal
from billing.disputes.models import CaseMessage, DisputeCase, DisputeLine
from billing.disputes.operations import line_decisions, messages
from billing.disputes.operations.line_decisions import DenialNeedsWords, LinesUndecided
from billing.disputes.operations.opening import DecidedAlready, DisputedAlready
from billing.disputes.queries.cases import state_of
from billing.invoicing.models import Adjustment, CreditNote
from billing.receivables.models import HoldEntry
from core.db.stamps import ChangedSince
from core.invariants import invariants
from tests.billing.disputes.claiming import Counter, last_draft
from tests.people import SAM
from tests.story import WHY

State = DisputeLine.State
ANOTHER_LINE = """
    INSERT INTO disputes_disputeline (public_id, case_id, invoice_line_id, reason_code, facts,
        currency, claimed_minor, state, outcome, proposal, settled_by, late_charge,
        late_description)
    VALUES ('dsl_x', %s, %s, 'not_ours', '{}', 'USD', 0, 'new', '', '', '', '', '')
"""


def held(counter: Counter) -> tuple[str, str]:
    """What is open of the invoice, and what of it is due."""
    item = counter.desk.books.standing(counter.invoice)
    return str(item.open.amount), str(item.due.amount)


def all_hold() -> None:
    for each in invariants(["C1", "C2", "C3", "C4"]):
        result = each.check()
        assert result.holds, (each.text, result.sample_ids)


def test_the_contested_part_alone_is_held_and_credited(counter: Counter) -> None:
    line = counter.runs_a_dyno().contests("ended_earlier", ended_at="2026-03-11T00:00:00Z")
    assert held(counter) == ("31.00", "10.00")

    proposal = counter.grants(line, seen=last_draft(line).digest)
    line = counter.line_of(line.case)
    assert (line.state, line.proposal) == (State.PROPOSED, proposal.public_id)
    assert held(counter) == ("31.00", "10.00")

    counter.approves(proposal)
    line = counter.line_of(line.case)
    note = CreditNote.objects.get()
    assert (line.state, line.settled_by) == (State.GRANTED, note.public_id)
    assert line.approved_minor == 2100
    assert held(counter) == ("10.00", "10.00")
    assert list(HoldEntry.objects.order_by("pk").values_list("kind", "amount_minor")) == [
        ("placed", 2100),
        # Less than was held is open once it is credited; the rest is used.
        ("shrunk", -1100),
        ("posted", -1000),
    ]
    all_hold()


def test_a_part_is_granted(counter: Counter) -> None:
    line = counter.runs_a_dyno().contests("not_ours")
    counter.approves(counter.grants(line, "10.00"))

    line = counter.line_of(line.case)
    assert (line.state, line.approved_minor) == (State.PARTLY_GRANTED, 1000)
    assert held(counter) == ("21.00", "21.00")
    all_hold()


def test_an_adjustment_gives_it_on_the_next_invoice(counter: Counter) -> None:
    line = counter.runs_a_dyno().contests("not_ours")
    counter.approves(counter.grants(line, "10.00", way="adjustment"))

    given = Adjustment.objects.get()
    line = counter.line_of(line.case)
    assert (line.settled_by, given.amount_minor) == (given.public_id, -1000)
    all_hold()


def test_a_denial_needs_words_and_ends_the_hold(counter: Counter) -> None:
    line = counter.runs_a_dyno().contests("not_ours")
    with pytest.raises(DenialNeedsWords):
        counter.denies(line, " \u200b")
    assert held(counter) == ("31.00", "0.00")

    counter.denies(line)
    assert counter.line_of(line.case).state == State.DENIED
    assert held(counter) == ("31.00", "31.00")
    assert line.case.messages.filter(audience="customer", kind="decision").count() == 1
    with pytest.raises(DecidedAlready):
        counter.denies(line)
    all_hold()


def test_a_withdrawn_line_holds_nothing(counter: Counter) -> None:
    line = counter.runs_a_dyno().contests("not_ours")
    line_decisions.withdraw(line=line, at=counter.story.at, by=SAM, reason="They found it")

    assert counter.line_of(line.case).state == State.WITHDRAWN
    assert held(counter) == ("31.00", "31.00")
    all_hold()


def test_a_rejected_proposal_leaves_the_line_to_be_looked_into(counter: Counter) -> None:
    line = counter.runs_a_dyno().contests("not_ours")
    counter.desk.rejects(counter.grants(line))

    line = counter.line_of(line.case)
    assert (line.state, line.proposal) == (State.INVESTIGATING, "")
    assert held(counter) == ("31.00", "0.00")
    counter.approves(counter.grants(line))
    assert counter.line_of(line.case).state == State.GRANTED
    all_hold()


def test_an_expired_proposal_can_be_put_forward_again(counter: Counter) -> None:
    line = counter.runs_a_dyno().contests("not_ours")
    first = counter.grants(line)
    line = counter.line_of(line.case)
    with pytest.raises(DecidedAlready):
        counter.grants(line)
    counter.story.on("2026-04-08")
    again = counter.grants(line)

    assert first.public_id != again.public_id
    counter.approves(again)
    assert counter.line_of(line.case).state == State.GRANTED
    all_hold()


def test_a_proposal_in_the_place_of_another_keeps_its_line(counter: Counter) -> None:
    line = counter.runs_a_dyno().contests("not_ours")
    first = counter.grants(line)
    lines = [{"charge": counter.charge.key, "amount": "5.00"}]
    other = counter.desk.proposes(
        "credit_note", by=counter.desk.sena, replaces=first, invoice=counter.invoice, lines=lines
    )

    assert counter.line_of(line.case).proposal == other.public_id
    counter.approves(other)
    assert counter.line_of(line.case).approved_minor == 500
    all_hold()


def test_what_was_seen_is_what_is_put_forward(counter: Counter) -> None:
    line = counter.calls("30", "10").contests("price_differs", unit_price="0.50")
    seen = last_draft(line).digest
    counter.desk.books.credits(counter.invoice, counter.charge.key, "5.00")
    with pytest.raises(ChangedSince, match=r"corrected: you saw 0\.00 USD, it is 5\.00 USD now"):
        counter.grants(line, seen=seen)
    assert not Proposal.objects.filter(kind="credit_note").exists()


def test_td17_a_payment_is_never_refused_and_the_hold_shrinks(counter: Counter) -> None:
    line = counter.calls("100").contests("price_differs", unit_price="0.637")
    assert held(counter) == ("100.00", "63.70")

    counter.desk.books.paid(counter.invoice, "80.00")
    assert held(counter) == ("20.00", "0.00")

    counter.approves(counter.grants(line))
    assert held(counter) == ("0.00", "0.00")
    assert counter.desk.books.free() == "16.30"
    all_hold()


def test_of_a_paid_invoice_nothing_is_held(counter: Counter) -> None:
    counter.runs_a_dyno()
    counter.desk.books.paid(counter.invoice, "31.00")
    line = counter.contests("not_ours")

    assert line.hold is None
    counter.approves(counter.grants(line))
    assert counter.desk.books.free() == "31.00"
    all_hold()


def test_a_charge_is_contested_once_at_a_time(counter: Counter) -> None:
    line = counter.runs_a_dyno().contests("not_ours")
    with pytest.raises(DisputedAlready):
        counter.contests("ended_earlier", ended_at="2026-03-11T00:00:00Z")
    assert DisputeCase.objects.count() == 1

    counter.denies(line)
    counter.contests("ended_earlier", ended_at="2026-03-11T00:00:00Z")
    assert DisputeLine.objects.count() == 2
    all_hold()


def test_a_case_with_a_live_line_is_not_closed(counter: Counter) -> None:
    line = counter.runs_a_dyno().contests("not_ours")
    with pytest.raises(LinesUndecided):
        line_decisions.close(case=line.case, at=counter.story.at, by=SAM)
    counter.denies(line)
    assert state_of(line.case).state == "decided"
    line_decisions.close(case=line.case, at=counter.story.at, by=SAM)
    assert state_of(line.case).state == "closed"
    again = counter.line_of(line.case)
    with (
        pytest.raises(IntegrityError, match="dispute_line_steps"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(ANOTHER_LINE, [again.case_id, again.invoice_line_id])
    line_decisions.reopen(case=line.case, at=counter.story.at, by=SAM, reason="Another line")
    assert state_of(line.case).state == "decided"


def test_the_state_of_a_case_follows_its_lines_and_last_message(counter: Counter) -> None:
    line = counter.runs_a_dyno().contests("not_ours")
    case = line.case
    assert state_of(case).state == "our_turn"

    line_decisions.ask_customer(line=line, question="Since when?", at=counter.story.at, by=SAM)
    assert state_of(case).state == "waiting_for_customer"

    counter.story.on("2026-04-02")
    messages.customer_said(
        case=case, body="Never.", author="Marlene Weiss", at=counter.story.at, by=SAM
    )
    assert counter.line_of(case).state == State.INVESTIGATING
    assert state_of(case).state == "our_turn"

    counter.grants(counter.line_of(case))
    counter.answers(case, "We ask finance.")
    assert state_of(case).state == "waiting_for_finance"


def test_a_decided_line_is_never_changed(counter: Counter) -> None:
    line = counter.runs_a_dyno().contests("not_ours")
    counter.denies(line)
    with (
        pytest.raises(IntegrityError, match="dispute_line_steps"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE disputes_disputeline SET state = 'investigating'")
    with pytest.raises(IntegrityError, match="append_only"), transaction.atomic():
        CaseMessage.objects.update(body=WHY)


def test_td16_void_without_reissue_settles_the_line(counter: Counter) -> None:
    line = counter.runs_a_dyno().contests("ended_earlier", ended_at="2026-03-11T00:00:00Z")
    made = counter.desk.does("void", invoice=counter.invoice)

    line = counter.line_of(line.case)
    assert (line.state, line.settled_by) == (State.GRANTED, made.effect_ref)
    all_hold()


def test_td16_a_line_goes_on_with_the_invoice_issued_instead(counter: Counter) -> None:
    line = counter.runs_a_dyno().contests("ended_earlier", ended_at="2026-03-11T00:00:00Z")
    counter.desk.does("void_and_reissue", invoice=counter.invoice)

    old, new = DisputeLine.objects.order_by("pk")
    assert (old.state, new.state) == (State.WITHDRAWN, State.INVESTIGATING)
    assert new.charged.invoice.pk == counter.invoice.pk != old.charged.invoice_id
    assert held(counter) == ("31.00", "10.00")
    assert line.case.messages.filter(body__contains="goes on with").exists()
    all_hold()


def test_td16_a_reissue_that_is_as_low_as_claimed_settles_the_line(counter: Counter) -> None:
    counter.runs_a_dyno()
    line = counter.contests("ended_earlier", ended_at="2026-03-11T00:00:00Z")
    assert counter.customer is not None
    counter.customer.scales("acme-web", "basic", "0", "2026-03-11")
    made = counter.desk.does("void_and_reissue", invoice=counter.invoice)

    line = counter.line_of(line.case)
    assert (line.state, line.settled_by) == (State.GRANTED, made.effect_ref)
    assert line.approved_minor == 2100
    assert held(counter) == ("10.00", "10.00")
    all_hold()
