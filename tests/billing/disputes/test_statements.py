"""A team contests its own statement: the case is the team's, the money the payer's."""

from __future__ import annotations

import pytest

from approvals.models import Proposal
from billing.disputes.models import DisputeLine
from billing.disputes.operations.line_decisions import NothingToGrant
from billing.disputes.operations.opening import NotDisputable
from billing.disputes.targets import whole
from billing.invoicing.models import Adjustment, Invoice
from billing.receivables.queries.open_items import held_of
from core.invariants import invariants
from tests.billing.disputes.claiming import Counter, figures
from tests.billing.kinds.test_consolidated import enterprise
from tests.billing.prices import dyno_month, dyno_seconds
from tests.story import Customer, Story


@pytest.fixture
def teams(story: Story) -> list[Customer]:
    """Two teams of Globex with a dyno at 31.00 each, on one invoice of Globex; 19 % tax."""
    plan = story.plan("dynos", dyno_month(dyno_seconds(story), "basic", "31.00"), currency="EUR")
    _, teams = enterprise(story, 2)
    for number, customer in enumerate(teams):
        customer.app(f"app-{number}")
        customer.subscribes(plan)
        customer.scales(f"app-{number}", "basic", "1", "2026-03-01")
    story.on("2026-04-01").runs_billing()
    return teams


def owed() -> Invoice:
    return Invoice.objects.get(kind=Invoice.Kind.CONSOLIDATED)


def test_a_team_contests_its_statement_and_the_payer_is_credited(
    story: Story, teams: list[Customer]
) -> None:
    """Ten days of 31 are 10.00: 21.00 too much, 24.99 with tax, held and credited at Globex."""
    counter = Counter(story, teams[0])
    line = counter.contests("ended_earlier", ended_at="2026-03-11T00:00:00Z")
    assert figures(line)[:3] == ("31.00", "10.00", "21.00")
    assert line.case.account == teams[0].account
    assert held_of([owed().pk], at=story.at) == {owed().pk: 2499}

    proposal = counter.grants(line)
    assert proposal.account == owed().payer
    counter.approves(proposal)
    note = owed().credit_notes.get()
    line.refresh_from_db()
    assert (note.subtotal_minor, note.total_minor) == (2100, 2499)
    assert (line.state, line.settled_by, line.approved_minor) == ("granted", note.public_id, 2100)
    assert held_of([owed().pk], at=story.at).get(owed().pk, 0) == 0
    assert all(each.check().holds for each in invariants(["C1", "C2", "C4"]))


def test_a_statement_is_not_credited_twice(story: Story, teams: list[Customer]) -> None:
    counter = Counter(story, teams[0])
    counter.approves(counter.grants(counter.contests("not_ours")))
    again = counter.contests("not_ours")
    assert again.claimed_minor == 0
    with pytest.raises(NothingToGrant):
        counter.grants(again)
    assert Proposal.objects.count() == 1


def test_what_a_statement_is_given_on_the_next_invoice_is_asked_of_the_payer(
    story: Story, teams: list[Customer]
) -> None:
    counter = Counter(story, teams[0])
    counter.approves(counter.grants(counter.contests("not_ours"), way="adjustment"))
    assert (Adjustment.objects.get().amount_minor, DisputeLine.objects.get().state) == (
        -3100,
        "granted",
    )


def test_a_team_does_not_contest_the_statement_of_another(
    story: Story, teams: list[Customer]
) -> None:
    others = Counter(story, teams[1]).charge
    with pytest.raises(NotDisputable):
        Counter(story, teams[0]).contests("not_ours", of=whole(others))
