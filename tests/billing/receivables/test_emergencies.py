"""One person has it done alone; that is a debt until another clears it, and no month closes."""

from __future__ import annotations

from datetime import date

import pytest

from accounts.models import User
from accounts.permissions import OwnProposal, Role
from approvals.invariants import approved_by_enough
from approvals.models import Emergency, EmergencyWord, Proposal, ProposalExecution
from approvals.operations import emergencies
from approvals.operations.emergencies import (
    EmergencyCleared,
    EmergencyOfOnesOwn,
    NotAnUndoing,
)
from approvals.policy import AboveLimit, NotForThisRole
from approvals.queries.debts import debt_count, debt_of, open_debts
from billing.closing.checklist import closing_counts
from billing.closing.months import BooksMonth
from core.actor import ReasonMissing
from tests.billing.receivables.policies import APPROVE, publishes, row
from tests.billing.receivables.proposing import Desk
from tests.cast import person
from tests.story import WHY

Word = EmergencyWord.Word
LIMIT = {"role": "finance_approver", "per_item": {"EUR": "100.00"}}


def acts(desk: Desk, proposal: Proposal, *, by: User | None = None) -> ProposalExecution:
    return emergencies.act(
        proposal=proposal, seen=proposal.seal, by=by or desk.farid, at=desk.books.at, reason=WHY
    )


def clears(
    desk: Desk, word: Word, *, by: User | None = None, undone_by: Proposal | None = None
) -> EmergencyWord:
    return emergencies.clear(
        emergency=Emergency.objects.get(), word=word, by=by or desk.nora, at=desk.books.at,
        reason=WHY, undone_by=undone_by,
    )  # fmt: skip


def large(desk: Desk, amount: str = "500.00") -> Proposal:
    """A write-off that two levels decide, above the limit of each approver."""
    publishes(desk, row(APPROVE, APPROVE), limits=[LIMIT])
    return desk.proposes("write_off", invoice=desk.books.invoice({"a": amount}))


def left_to_close() -> int:
    (count,) = [each for each in closing_counts() if each.code == "emergencies"]
    return count.counts(BooksMonth(date(2026, 6, 1)))


def test_one_who_could_approve_has_it_done_beyond_limit_and_levels(desk: Desk) -> None:
    proposal = large(desk)
    with pytest.raises(AboveLimit):
        desk.votes(proposal)
    assert acts(desk, proposal).outcome == "executed"
    proposal.refresh_from_db()
    assert (proposal.state, proposal.decided_by) == ("approved", desk.farid)
    assert [str(each.amount) for each in open_debts(most=5)] == ["500.00 EUR"]
    assert left_to_close() == debt_count() == 1
    assert approved_by_enough().holds


def test_neither_its_maker_nor_who_could_not_approve_acts(desk: Desk) -> None:
    proposal = large(desk)
    with pytest.raises(OwnProposal):
        acts(desk, proposal, by=desk.sena)
    with pytest.raises(NotForThisRole):
        acts(desk, proposal, by=desk.ulf)
    with pytest.raises(ReasonMissing):
        emergencies.act(
            proposal=proposal, seen=proposal.seal, by=desk.farid, at=desk.books.at, reason=" "
        )
    assert not Emergency.objects.exists()


def test_another_person_approves_it_afterwards_within_a_limit(desk: Desk) -> None:
    proposal = large(desk)
    acts(desk, proposal)
    for own in (desk.farid, desk.sena):
        with pytest.raises(EmergencyOfOnesOwn):
            clears(desk, Word.APPROVED, by=own)
    with pytest.raises(NotForThisRole):
        clears(desk, Word.APPROVED, by=person("sam", Role.SUPPORT))
    with pytest.raises(AboveLimit):
        clears(desk, Word.APPROVED)
    publishes(desk, row(APPROVE, APPROVE))
    clears(desk, Word.APPROVED)
    assert left_to_close() == debt_count() == 0
    with pytest.raises(EmergencyCleared):
        clears(desk, Word.UNDO)


def test_an_order_to_undo_it_is_a_debt_until_it_is_undone(desk: Desk) -> None:
    proposal = large(desk)
    made = acts(desk, proposal)
    clears(desk, Word.UNDO)
    debt = debt_of(proposal)
    assert debt is not None
    assert (debt.is_ordered, debt.is_open, left_to_close()) == (True, True, 1)
    with pytest.raises(NotAnUndoing):
        clears(desk, Word.UNDONE, undone_by=proposal)
    publishes(desk)
    undoing = desk.proposes("settlement_reversal", settlement=made.effect_ref)
    with pytest.raises(NotAnUndoing):
        clears(desk, Word.UNDONE, undone_by=undoing)
    desk.approves(undoing)
    undoing.refresh_from_db()
    clears(desk, Word.UNDONE, undone_by=undoing)
    assert left_to_close() == 0
