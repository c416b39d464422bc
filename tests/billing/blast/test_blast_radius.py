"""What a mistake touched: which accounts and invoices, by how many cents, line by line."""

from typing import Any

import pytest

from billing.catalogue.models import Plan
from billing.invoicing.models import Invoice
from billing.whatif.models import Simulation
from billing.whatif.operations import simulations
from tests.billing.blast.asking import asked, found, span
from tests.billing.catalogue.changes import drafts, revises
from tests.billing.prices import dyno_month, dyno_seconds, flat, per_unit, requests
from tests.people import PLATFORM
from tests.story import WHY, Customer, Story, instant
from usage.meter_terms import MeterTerms
from usage.models import Meter
from usage.operations import meters


@pytest.fixture
def meter(story: Story) -> Meter:
    return requests(story)


@pytest.fixture
def plan(story: Story, meter: Meter) -> Plan:
    """A plan whose call price was typed wrong: 10.00 instead of 1.00."""
    return story.plan("calls", per_unit(meter, "10.00"), flat("10.00"))


def customer(story: Story, plan: Plan, name: str, *, used: str) -> Customer:
    """An account since March that used so much on 3 March and on 3 April, seen from 1 May."""
    one = story.on("2026-03-01").account(name)
    one.app(f"{name}-web")
    one.subscribes(plan)
    story.on("2026-05-01")
    for day in ("2026-03-03", "2026-04-03"):
        one.uses("router.requests", f"{name}-web", day, quantity=used)
    return one


def wrong_price(story: Story, plan: Plan, meter: Meter, **options: Any) -> Simulation:
    right = drafts(story, plan, per_unit(meter, "1.00"), flat("10.00"))
    wrong = plan.versions.get(number=1)
    return simulations.wrong_price(wrong=wrong, right=right, **asked(story), **options)


def test_a_wrong_price_is_followed_to_every_invoice_it_is_on(
    story: Story, plan: Plan, meter: Meter
):
    customer(story, plan, "Acme", used="5")
    customer(story, plan, "Globex", used="0.5")
    story.runs_billing()
    simulation = wrong_price(story, plan, meter)
    assert found(simulation) == [
        ("Acme", "requests", "50.00", "50.00", "5.00", "-45.00"),
        ("Globex", "requests", "5.00", "5.00", "0.50", "-4.50"),
        ("Acme", "requests", "50.00", "50.00", "5.00", "-45.00"),
        ("Globex", "requests", "5.00", "5.00", "0.50", "-4.50"),
    ]
    outcome = simulation.outcome
    assert (outcome.affected_account_count, outcome.affected_invoice_count) == (2, 4)
    assert outcome.totals[0]["delta"] == "-99.00"


def test_each_row_names_the_invoice_and_its_own_period(story: Story, plan: Plan, meter: Meter):
    acme = customer(story, plan, "Acme", used="5")
    story.runs_billing()
    rows = wrong_price(story, plan, meter).rows.order_by("position")
    assert [(row.invoice, row.period_from) for row in rows] == [
        (invoice, invoice.period_from) for invoice in acme.invoices
    ]


def test_only_invoices_of_the_span_are_looked_at(story: Story, plan: Plan, meter: Meter):
    customer(story, plan, "Acme", used="5")
    story.runs_billing()
    simulation = wrong_price(story, plan, meter, span=span("2026-04-01", "2026-04-02"))
    assert [str(row.period_from.date()) for row in simulation.rows.all()] == ["2026-04-01"]


def test_drafts_and_other_versions_are_not_in_it(story: Story, plan: Plan, meter: Meter):
    customer(story, plan, "Acme", used="5")
    story.on("2026-04-01").runs_billing()
    revises(story, plan, per_unit(meter, "2.00"), flat("10.00"), existing_from="2026-04-01")
    story.on("2026-05-01").runs_billing(issues=False)
    rows = wrong_price(story, plan, meter).rows
    assert rows.count() == rows.filter(invoice__period_from=instant("2026-03-01")).count() == 1


def test_the_corrected_line_is_kept_whole(story: Story, plan: Plan, meter: Meter):
    acme = customer(story, plan, "Acme", used="5")
    story.on("2026-04-01").runs_billing()
    row = wrong_price(story, plan, meter).rows.get()
    assert row.line is not None
    assert {name: row.line[name] for name in ("kind", "amount_minor", "quantity", "period")} == {
        "kind": "usage",
        "amount_minor": 500,
        "quantity": "5",
        "period": ["2026-03-01T00:00:00.000000+00:00", "2026-04-01T00:00:00.000000+00:00"],
    }
    assert row.line["subscription_id"] == acme.account.subscriptions.get().pk
    assert row.line["explanation"]


def test_two_versions_of_different_plans_are_refused(story: Story, plan: Plan):
    other = story.plan("other", flat("1.00"))
    with pytest.raises(simulations.OtherPlan):
        simulations.wrong_price(
            wrong=plan.versions.get(), right=other.versions.get(), **asked(story)
        )


def test_a_window_of_usage_left_out_takes_its_price_off(story: Story, plan: Plan, meter: Meter):
    acme = customer(story, plan, "Acme", used="5")
    acme.uses("router.requests", "Acme-web", "2026-03-20T10:00", quantity="7")
    acme.uses("router.requests", "Acme-web", "2026-03-20T12:00", quantity="100")
    story.runs_billing()
    outage = span("2026-03-20T11:00", "2026-03-20T13:00")
    simulation = simulations.left_out(meter=meter, span=outage, **asked(story))
    assert found(simulation) == [("Acme", "requests", "1120.00", "1120.00", "120.00", "-1000.00")]
    assert simulation.outcome.invoice_count == 1


def test_hours_of_dynos_can_be_left_out(story: Story):
    seconds = dyno_seconds(story)
    plan = story.plan("heroku", dyno_month(seconds, "standard-1x", "30.00"))
    acme = story.on("2026-04-01").account("Acme")
    acme.app("Acme-web")
    acme.subscribes(plan)
    acme.scales("Acme-web", "standard-1x", "1", at="2026-04-01T00:00")
    story.on("2026-05-01").runs_billing()
    outage = span("2026-04-10T12:00", "2026-04-11T12:00")
    simulation = simulations.left_out(meter=seconds, span=outage, **asked(story))
    assert [row[-1] for row in found(simulation)] == ["-1.00"]


def test_a_meter_that_does_not_add_up_cannot_be_left_out(story: Story):
    storage = story.meter("storage", aggregation="max")
    with pytest.raises(simulations.DoesNotAddUp):
        simulations.left_out(meter=storage, span=span("2026-03-01", "2026-03-02"), **asked(story))


def test_a_meter_revised_from_the_past_shows_what_it_does_to_invoices(
    story: Story, plan: Plan, meter: Meter
):
    customer(story, plan, "Acme", used="5")
    story.runs_billing()
    meters.revise(
        meter=meter,
        terms=MeterTerms(event_type="router.requests", value_expression="quantity / 2"),
        effective_from=instant("2026-04-01"),
        at=story.at,
        by=PLATFORM,
        reason=WHY,
    )
    simulation = simulations.as_now_measured(
        meter=meter, span=span("2026-03-01", "2026-05-01"), **asked(story)
    )
    number = Invoice.objects.get(period_from=instant("2026-04-01")).number
    assert found(simulation) == [
        ("Acme", f"Late usage of invoice {number} · requests", "50.00", "-", "-25.00", "-25.00")
    ]
    assert (simulation.outcome.invoice_count, simulation.outcome.affected_invoice_count) == (2, 1)


def test_other_terms_of_a_meter_show_what_they_would_have_billed(
    story: Story, plan: Plan, meter: Meter
):
    customer(story, plan, "Acme", used="5")
    story.runs_billing()
    terms = MeterTerms(event_type="router.requests", value_expression="quantity / 2")
    simulation = simulations.wrong_meter(
        meter=meter, terms=terms, span=span("2026-03-01", "2026-04-01"), **asked(story)
    )
    assert found(simulation) == [("Acme", "requests", "50.00", "50.00", "25.00", "-25.00")]
    assert simulation.payload["terms"]["value_expression"] == "quantity / 2"


def test_usage_no_term_counted_before_is_found_too(story: Story, plan: Plan, meter: Meter):
    meters.revise(
        meter=meter,
        terms=MeterTerms(event_type="router.requests", filter_expression="quantity > 1000"),
        effective_from=instant("2020-01-02"),
        at=instant("2020-01-02"),
        by=PLATFORM,
        reason=WHY,
    )
    customer(story, plan, "Acme", used="5")
    story.runs_billing()
    simulation = simulations.wrong_meter(
        meter=meter,
        terms=MeterTerms(event_type="router.requests"),
        span=span("2026-03-01", "2026-04-01"),
        **asked(story),
    )
    assert found(simulation) == [("Acme", "requests", "-", "-", "50.00", "50.00")]


def test_other_terms_meet_the_terms_at_the_end_of_a_split_period(
    story: Story, plan: Plan, meter: Meter
):
    story.on("2026-03-01")
    customer(story, plan, "Acme", used="5")
    story.on("2026-03-02")
    revises(story, plan, per_unit(meter, "1.00"), flat("10.00"), existing_from="2026-03-16")
    story.on("2026-05-01").runs_billing()
    terms = MeterTerms(event_type="router.requests", value_expression="quantity * 3")
    simulation = simulations.wrong_meter(
        meter=meter, terms=terms, span=span("2026-03-01", "2026-04-01"), **asked(story)
    )
    assert found(simulation) == [("Acme", "requests", "-", "-", "10.00", "10.00")]


def test_usage_that_arrived_late_shows_until_it_is_settled(story: Story, plan: Plan, meter: Meter):
    acme = customer(story, plan, "Acme", used="5")
    story.on("2026-04-01").runs_billing()
    acme.uses("router.requests", "Acme-web", "2026-03-20", quantity="1")
    march = span("2026-03-01", "2026-04-01")
    before = simulations.as_now_measured(span=march, **asked(story))
    assert [row[-1] for row in found(before)] == ["10.00"]
    story.on("2026-05-01").runs_billing()  # bills it on April's invoice
    after = simulations.as_now_measured(span=march, **asked(story))
    assert found(after) == []
