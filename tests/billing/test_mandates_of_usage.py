"""Late usage and held events are settled at once where finance let so much happen before."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from accounts.permissions import Role
from approvals.drawing import MandateNotFor
from approvals.models import Mandate, MandateDraw
from approvals.operations import mandates
from approvals.operations.mandates import DrawWish, MandateOverdrawn
from approvals.policy import NotForThisRole
from billing.contracts.billability import BillableGate
from billing.invoicing.models import LateUsageDecision
from core.clock import now
from tests.billing.prices import flat, per_unit, requests
from tests.billing.test_late_usage import march
from tests.billing.test_proposed_usage import Floor
from tests.billing.test_worked_windows import asked, calls
from tests.cast import person
from tests.story import WHY, Story
from usage.models import Event, HeldSettlement, QuarantinedEvent
from usage.operations import event_corrections, held_settlements


@pytest.fixture
def floor(story: Story) -> Floor:
    return Floor(story)


def grants(floor: Floor, kind: str, reason_code: str, *, per_case: str = "40.00") -> Mandate:
    proposal = floor.proposes(
        "mandate", "goodwill", by=floor.ulf, title="What is late", currency="USD", kinds=[kind],
        reason_codes=[reason_code], per_case=per_case, per_account_month="100.00", total="500.00",
        until="2027-01-01T00:00:00Z", review_every=5,
    )  # fmt: skip
    return Mandate.objects.get(public_id=floor.approves(proposal).effect_ref)


def draws(floor: Floor, mandate: Mandate, *, by: User | None = None, **payload: Any) -> MandateDraw:
    wish = DrawWish(mandate.kinds[0], payload, mandate.reason_codes[0], WHY, "C-1")
    return mandates.draw(mandate=mandate, wish=wish, by=by or floor.sena, at=floor.story.at)


def test_late_usage_is_let_go_of_at_once(floor: Floor, story: Story) -> None:
    acme = march(story, per_unit(requests(story), "10"), quantity="5")
    story.on("2026-04-10")
    mandate = grants(floor, "late_waiver", "our_fault")
    acme.uses("router.requests", "acme-web", "2026-03-30", quantity="3")
    with pytest.raises(NotForThisRole):
        draws(floor, mandate, by=person("sam", Role.SUPPORT), invoice=acme.invoice.number)
    drawn = draws(floor, mandate, invoice=acme.invoice.number)
    decision = LateUsageDecision.objects.get()
    assert (str(drawn.amount), drawn.effect_ref) == ("30.00 USD", decision.public_id)
    acme.uses("router.requests", "acme-web", "2026-03-31", quantity="2")
    with pytest.raises(MandateOverdrawn, match=r"10\.00 USD left for this case"):
        draws(floor, mandate, invoice=acme.invoice.number)
    story.on("2026-05-01").runs_billing()
    assert [invoice.total_minor for invoice in acme.invoices] == [5000, 2000]


def test_what_is_owed_to_the_customer_is_not_kept_at_once(floor: Floor, story: Story) -> None:
    acme = march(story, per_unit(requests(story), "10"), flat("100.00"), quantity="5")
    story.on("2026-04-10")
    mandate = grants(floor, "late_waiver", "our_fault", per_case="100.00")
    key = Event.objects.get().key
    event_corrections.void(key, at=story.at, by=floor.sena.actor, reason=WHY)
    with pytest.raises(MandateNotFor, match="nothing is kept from a customer"):
        draws(floor, mandate, invoice=acme.invoice.number)
    assert not LateUsageDecision.objects.exists()


@pytest.mark.parametrize(("verb", "state"), [("release", "released"), ("drop", "dropped")])
def test_held_events_of_one_account_are_settled_at_once(
    floor: Floor, story: Story, verb: str, state: str
) -> None:
    """Three requests of 20 January come too late in April: 30.00, whether they count or not."""
    acme = calls(story, "2026-01-01")
    story.on("2026-04-10")
    mandate = grants(floor, "held_settlement", "checked")
    asked(acme, "2026-01-20", "3")
    drawn = draws(floor, mandate, verb=verb, reason="too_late")
    assert (drawn.account, str(drawn.amount)) == (acme.account, "30.00 USD")
    assert drawn.effect_ref == HeldSettlement.objects.get().public_id
    item = held_settlements.claim(at=now())
    assert item is not None
    held_settlements.work_through(item, BillableGate, clock=now, until=now())
    assert QuarantinedEvent.objects.get().state == state


def test_held_events_of_two_accounts_are_decided_by_others(floor: Floor, story: Story) -> None:
    acme = calls(story, "2026-01-01")
    other = story.account("Bolt")
    other.app("bolt-web")
    story.on("2026-04-10")
    mandate = grants(floor, "held_settlement", "checked")
    asked(acme, "2026-01-20", "3")
    other.uses("router.requests", "bolt-web", "2026-01-20", quantity="1")
    assert QuarantinedEvent.objects.count() == 2
    with pytest.raises(MandateNotFor, match="of one account"):
        draws(floor, mandate, verb="release", reason="too_late")
    assert not HeldSettlement.objects.exists()
