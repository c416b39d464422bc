"""What changes usage and prices is put forward by one person and let happen by another."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pytest

from accounts.models import User
from accounts.permissions import OwnProposal, Role
from approvals.models import Proposal, ProposalExecution
from approvals.operations import deciding, putting_forward
from approvals.operations.putting_forward import Wish
from approvals.payloads import PayloadInvalid
from approvals.policy import NotForThisRole
from billing.catalogue.models import PlanVersion
from billing.contracts.billability import BillableGate
from billing.invoicing.models import LateUsageDecision
from billing.invoicing.operations.late_usage import NothingLate
from core.clock import now
from tests.billing.catalogue.changes import drafts
from tests.billing.prices import flat, per_unit, requests
from tests.billing.test_late_usage import march
from tests.billing.test_worked_windows import asked, calls
from tests.cast import person
from tests.story import WHY, Story
from usage.models import Event, EventRevision, HeldSettlement, QuarantinedEvent
from usage.operations import held_settlements


@dataclass
class Floor:
    """Sena puts forward, Farid decides, at the instant of the story."""

    story: Story
    people: dict[str, User] = field(default_factory=dict)

    @cached_property
    def sena(self) -> User:
        return person("sena", Role.SENIOR_SUPPORT)

    @cached_property
    def ulf(self) -> User:
        return person("ulf", Role.FINANCE_ADMIN)

    @cached_property
    def farid(self) -> User:
        return person("farid", Role.FINANCE_APPROVER)

    def proposes(
        self, kind: str, reason_code: str, *, by: User | None = None, **payload: Any
    ) -> Proposal:
        wish = Wish(kind, payload, reason_code, WHY, "T-1")
        return putting_forward.put_forward(wish=wish, by=by or self.sena, at=self.story.at)

    def approves(self, proposal: Proposal, *, by: User | None = None) -> ProposalExecution:
        made = deciding.approve(
            proposal=proposal, seen=proposal.seal, by=by or self.farid, at=self.story.at
        )
        assert made is not None
        return made


@pytest.fixture
def floor(story: Story) -> Floor:
    return Floor(story)


def test_an_event_is_voided_by_two(floor: Floor, story: Story) -> None:
    """5 requests at 10.00 of a month that is issued: the difference becomes late usage."""
    acme = march(story, per_unit(requests(story), "10"), flat("100.00"), quantity="5")
    (event,) = Event.objects.all()
    with pytest.raises(NotForThisRole):
        floor.proposes(
            "usage_correction", "duplicate", by=floor.farid, event=str(event.key), verb="void"
        )
    proposal = floor.proposes("usage_correction", "duplicate", event=str(event.key), verb="void")
    assert (str(proposal.amount), proposal.account) == ("50.00 USD", acme.account)
    assert not EventRevision.objects.exists()
    with pytest.raises(OwnProposal):
        floor.approves(proposal, by=floor.sena)

    made = floor.approves(proposal)
    revision = EventRevision.objects.get()
    assert (made.outcome, made.effect_ref) == ("executed", str(event.key))
    assert (revision.kind, revision.actor_name, revision.reason) == ("void", "Farid", WHY)
    story.on("2026-05-01").runs_billing()
    assert [invoice.total_minor for invoice in acme.invoices] == [15000, 5000]


def test_what_an_amendment_comes_to_changes_when_the_event_was_revised_since(
    floor: Floor, story: Story
) -> None:
    march(story, per_unit(requests(story), "10"), quantity="5")
    (event,) = Event.objects.all()
    said: dict[str, Any] = {"event": str(event.key), "verb": "amend", "data": {}}
    four = floor.proposes("usage_correction", "wrong_quantity", quantity="4", **said)
    three = floor.proposes("usage_correction", "wrong_quantity", quantity="3.0", **said)
    assert (str(four.amount), str(three.amount)) == ("10.00 USD", "20.00 USD")
    assert floor.approves(four).outcome == "executed"
    assert floor.approves(three).outcome == "changed"
    three.refresh_from_db()
    assert (three.state, three.version, str(three.amount)) == ("open", 2, "10.00 USD")
    assert floor.approves(three).outcome == "executed"
    same = floor.proposes("usage_correction", "wrong_quantity", quantity="2", **said)
    void = floor.proposes("usage_correction", "not_used", event=str(event.key), verb="void")
    floor.approves(void)
    assert floor.approves(same).outcome == "nothing_left"


@pytest.mark.parametrize(
    ("payload", "pointer"),
    [
        ({"verb": "delete"}, "/verb"),
        ({"verb": "void", "event": "x"}, "/event"),
        ({"verb": "void", "event": "00000000-0000-0000-0000-000000000000"}, "/event"),
        ({"verb": "void", "more": 1}, "/more"),
        ({"verb": "amend", "data": "[1]"}, "/data"),
        ({"verb": "amend", "data": 7}, "/data"),
    ],
)
def test_a_correction_is_read_strictly(
    floor: Floor, story: Story, payload: dict[str, Any], pointer: str
) -> None:
    march(story, per_unit(requests(story), "10"), quantity="5")
    (event,) = Event.objects.all()
    with pytest.raises(PayloadInvalid) as refused:
        floor.proposes("usage_correction", "duplicate", **({"event": str(event.key)} | payload))
    assert [each.pointer for each in refused.value.errors] == [pointer]


def test_late_usage_is_waived_by_two_and_only_what_was_seen(floor: Floor, story: Story) -> None:
    acme = march(story, per_unit(requests(story), "10"), quantity="5")
    invoice = acme.invoice
    with pytest.raises(NothingLate):
        floor.proposes("late_waiver", "our_fault", invoice=invoice.number)
    story.on("2026-04-10")
    acme.uses("router.requests", "acme-web", "2026-03-30", quantity="3")
    proposal = floor.proposes("late_waiver", "our_fault", invoice=invoice.number)
    assert (str(proposal.amount), proposal.subject) == ("30.00 USD", invoice.public_id)
    assert not LateUsageDecision.objects.exists()

    acme.uses("router.requests", "acme-web", "2026-03-31", quantity="1")
    made = floor.approves(proposal)
    assert (made.outcome, "30.00 USD → 40.00 USD" in made.said) == ("changed", True)
    proposal.refresh_from_db()
    made = floor.approves(proposal)
    decision = LateUsageDecision.objects.get()
    assert (made.effect_ref, decision.amount_minor) == (decision.public_id, 4000)
    assert decision.decided_by == "Farid"
    story.on("2026-05-01").runs_billing()
    assert [invoice.total_minor for invoice in acme.invoices] == [5000]


def test_held_events_are_released_by_two(floor: Floor, story: Story) -> None:
    """Three requests of 20 January come too late in April; released they are 30.00."""
    acme = calls(story, "2026-01-01")
    story.on("2026-04-10")
    assert asked(acme, "2026-01-20", "3") == "quarantined"
    proposal = floor.proposes("held_settlement", "checked", verb="release", reason="too_late")
    assert (str(proposal.amount), proposal.account) == ("30.00 USD", None)
    made = floor.approves(proposal)
    settlement = HeldSettlement.objects.get()
    assert (made.outcome, made.effect_ref) == ("executed", settlement.public_id)
    item = held_settlements.claim(at=now(), settlement=settlement)
    assert item is not None
    held_settlements.work_through(item, BillableGate, clock=now, until=now())
    assert QuarantinedEvent.objects.get().state == "released"


def test_held_events_that_somebody_settled_are_nothing_left(floor: Floor, story: Story) -> None:
    acme = calls(story, "2026-01-01")
    story.on("2026-04-10")
    asked(acme, "2026-01-20", "3")
    first, second = (
        floor.proposes("held_settlement", "checked", verb=verb, reason="too_late")
        for verb in ("drop", "release")
    )
    assert (str(first.amount), str(second.amount)) == ("30.00 USD", "30.00 USD")
    floor.approves(first)
    item = held_settlements.claim(at=now())
    assert item is not None
    held_settlements.work_through(item, BillableGate, clock=now, until=now())
    assert floor.approves(second).outcome == "nothing_left"


def test_prices_are_published_by_two_and_only_as_they_were_seen(floor: Floor, story: Story) -> None:
    plan = story.plan("calls", flat("10.00"))
    draft = drafts(story.on("2026-04-01"), plan, flat("12.00"))
    with pytest.raises(NotForThisRole):
        floor.proposes("plan_publication", "new_prices", version=draft.public_id)
    proposal = floor.proposes(
        "plan_publication", "new_prices", by=floor.ulf, version=draft.public_id
    )
    draft.refresh_from_db()
    assert (draft.state, proposal.amount) == (PlanVersion.State.DRAFT, None)
    made = floor.approves(proposal)
    draft.refresh_from_db()
    assert (made.effect_ref, draft.state) == (draft.public_id, PlanVersion.State.PUBLISHED)
