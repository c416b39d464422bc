"""Bills of a plan whose size is the highest tier that either seats or rooms reach."""

from typing import Any
from uuid import UUID

import pytest

from billing.catalogue.operations.plans import PriceTerms
from billing.invoicing.invariants import rating
from billing.invoicing.invariants.shadow import second_rater_agrees
from billing.invoicing.queries.proofs import invoice_line_proof
from billing.publishing.queries.publication import version_cautions
from billing.verifier.proofs import verify
from tests.billing.catalogue.changes import drafts, revises
from tests.people import ADA
from tests.story import SOURCE, WHY, Customer, Story, instant, lines
from usage.envelope.received_event import event_key
from usage.models import Meter
from usage.operations import event_corrections

SIZE: dict[str, Any] = {
    "model": "capacity",
    "tiers": [
        {"up_to": {"seats": "10", "rooms": "100"}, "price": "1"},
        {"up_to": {"seats": "50", "rooms": "500"}, "price": "10"},
        {"price": "100"},
    ],
}
DEARER = SIZE | {"tiers": [*SIZE["tiers"][:2], {"price": "120"}]}


@pytest.fixture
def seats(story: Story) -> Meter:
    story.meter("rooms", value_property="count")
    return story.meter("seats", value_property="count")


@pytest.fixture
def acme(story: Story, seats: Meter) -> Customer:
    plan = story.plan("size", PriceTerms("size", "Size", SIZE, seats))
    acme = story.on("2026-04-01").account("Acme")
    acme.app("web")
    acme.subscribes(plan)
    return acme


def test_the_meter_that_reaches_furthest_chooses_the_price(story: Story, acme: Customer) -> None:
    story.on("2026-05-01")
    acme.uses("seats", "web", "2026-04-02", count="5")
    acme.uses("rooms", "web", "2026-04-03", count="99")
    acme.uses("rooms", "web", "2026-04-20", count="2")
    story.runs_billing()
    assert acme.statement == lines("""
        Size  1  10.00
        total  10.00
    """)
    assert second_rater_agrees().holds
    assert rating.quantities_are_billed_once().holds
    assert verify(invoice_line_proof(acme.invoice, 1)).is_identical


def test_the_first_tier_is_due_without_usage(story: Story, acme: Customer) -> None:
    story.on("2026-05-01").runs_billing()
    assert str(acme.invoice.total.amount) == "1.00"


def test_the_terms_at_the_end_price_all_of_a_month_that_changes(
    story: Story, acme: Customer, seats: Meter
) -> None:
    plan = acme.account.subscriptions.get().plan
    revises(story, plan, PriceTerms("size", "Size", DEARER, seats), existing_from="2026-04-16")
    story.on("2026-05-01")
    acme.uses("seats", "web", "2026-04-02", count="30")
    acme.uses("seats", "web", "2026-04-20", count="30")
    acme.uses("rooms", "web", "2026-04-20", count="1")
    story.runs_billing()
    assert str(acme.invoice.total.amount) == "120.00"
    assert second_rater_agrees().holds


def test_late_usage_bills_what_the_higher_tier_adds(story: Story, acme: Customer) -> None:
    story.on("2026-05-01")
    acme.uses("seats", "web", "2026-04-02", count="5")
    story.runs_billing()
    acme.uses("rooms", "web", "2026-04-03", count="101")
    story.on("2026-06-01").runs_billing()
    # Nine more for April's rooms, and one for a May without usage.
    assert [str(invoice.total.amount) for invoice in acme.invoices] == ["1.00", "10.00"]
    assert second_rater_agrees().holds


def test_usage_that_was_taken_back_gives_back_the_tier_of_its_app(
    story: Story, seats: Meter
) -> None:
    terms = PriceTerms("size", "Size", SIZE, seats, group_by=("resource",))
    acme = story.on("2026-04-01").account("Acme")
    acme.app("web")
    acme.subscribes(story.plan("size", terms))
    story.on("2026-05-01")
    sent = story.event(type="seats", subject="web", time=instant("2026-04-02").isoformat())
    story.sends(sent | {"data": {"count": "11"}})
    story.runs_billing()
    event_corrections.void(
        UUID(event_key(SOURCE, str(sent["id"]))), at=story.at, by=ADA, reason=WHY
    )
    story.on("2026-06-01").runs_billing()
    assert second_rater_agrees().holds
    assert [line.amount_minor for line in acme.invoices[0].lines.all()] == [10_00]


def test_a_meter_that_is_not_there_is_cautioned(story: Story, acme: Customer, seats: Meter) -> None:
    plan = acme.account.subscriptions.get().plan
    tiers = [{"up_to": {"rooms": "1", "halls": "1"}, "price": "1"}, {"price": "2"}]
    version = drafts(story, plan, PriceTerms("size", "Size", SIZE | {"tiers": tiers}, seats))
    cautions = [each.code for each in version_cautions(version, at=story.at)]
    assert cautions == ["meter_missing", "meter_without_bound", "no_worked_case"]
