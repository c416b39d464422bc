"""A price tried on months that are past: the difference line by line, and nothing else written."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from billing.catalogue.models import Plan
from billing.invoicing.models import Invoice, InvoiceLine
from billing.ledger.models import Journal
from billing.whatif.models import Simulation, SimulationOutcome, SimulationRow
from billing.whatif.operations import simulations
from billing.whatif.queries import simulations as queries
from core.actor import ReasonMissing
from core.db.keyset_pages import Position
from tests.billing.blast.asking import asked, back_tests, found
from tests.billing.catalogue.changes import agrees, drafts
from tests.billing.prices import flat, per_unit, requests
from tests.story import Customer, Story
from usage.models import Meter


@pytest.fixture
def meter(story: Story) -> Meter:
    return requests(story)


@pytest.fixture
def plan(story: Story, meter: Meter) -> Plan:
    return story.plan("calls", per_unit(meter, "1.00"), flat("10.00"))


def customer(story: Story, plan: Plan, name: str, *, used: str, **options: str) -> Customer:
    """An account since March that used so much on 3 March and on 3 April, seen from 1 May."""
    one = story.on("2026-03-01").account(name, **options)
    one.app(f"{name}-web")
    one.subscribes(plan)
    story.on("2026-05-01")
    for day in ("2026-03-03", "2026-04-03"):
        one.uses("router.requests", f"{name}-web", day, quantity=used)
    return one


def test_a_draft_is_tried_on_a_month_line_by_line(story: Story, plan: Plan, meter: Meter):
    customer(story, plan, "Acme", used="5")
    customer(story, plan, "Globex", used="100")
    story.runs_billing()
    version = drafts(story, plan, per_unit(meter, "1.50"), flat("10.00"))
    simulation = back_tests(story, version, "2026-03")
    assert found(simulation) == [
        ("Acme", "requests", "5.00", "5.00", "7.50", "2.50"),
        ("Globex", "requests", "100.00", "100.00", "150.00", "50.00"),
    ]
    outcome = simulation.outcome
    assert (outcome.account_count, outcome.affected_account_count) == (2, 2)
    assert (outcome.invoice_count, outcome.affected_invoice_count) == (2, 2)
    assert outcome.totals == [
        {
            "currency": "USD",
            "billed": "125.00",
            "before": "125.00",
            "after": "177.50",
            "delta": "52.50",
        }
    ]


def test_a_line_that_appears_or_goes_is_a_difference(story: Story, plan: Plan, meter: Meter):
    customer(story, plan, "Acme", used="5")
    version = drafts(story, plan, per_unit(meter, "1.00"))
    assert found(back_tests(story, version, "2026-04")) == [
        ("Acme", "Platform fee", "-", "10.00", "-", "-10.00")
    ]


def test_late_usage_is_no_effect_of_the_price(story: Story, plan: Plan, meter: Meter):
    acme = customer(story, plan, "Acme", used="5")
    story.runs_billing()
    acme.uses("router.requests", "Acme-web", "2026-03-20", quantity="100")
    version = drafts(story, plan, per_unit(meter, "2.00"), flat("10.00"))
    assert found(back_tests(story, version, "2026-03")) == [
        ("Acme", "requests", "5.00", "105.00", "210.00", "105.00")
    ]


def test_agreed_prices_stay_over_the_version(story: Story, plan: Plan, meter: Meter):
    acme = customer(story, plan, "Acme", used="5")
    subscription = acme.account.subscriptions.get()
    agrees(story, subscription, "fee", since="2026-03-01", model="flat", amount="1.00")
    version = drafts(story, plan, per_unit(meter, "1.00"), flat("99.00"))
    assert found(back_tests(story, version, "2026-03")) == []


def test_the_population_can_be_some_accounts(story: Story, plan: Plan, meter: Meter):
    customer(story, plan, "Acme", used="5")
    globex = customer(story, plan, "Globex", used="100")
    version = drafts(story, plan, per_unit(meter, "2.00"), flat("10.00"))
    simulation = back_tests(story, version, "2026-03", accounts=[globex.account])
    assert [row[0] for row in found(simulation)] == ["Globex"]
    assert simulation.payload["accounts"] == [globex.account.public_id]


def test_the_month_is_that_of_each_accounts_own_anchor_and_zone(
    story: Story, plan: Plan, meter: Meter
):
    customer(story, plan, "Acme", used="5", anchor="2020-01-15", zone="Asia/Tokyo")
    version = drafts(story, plan, per_unit(meter, "2.00"), flat("10.00"))
    row = back_tests(story, version, "2026-03").rows.get()
    assert str(row.period_from) == "2026-03-14 15:00:00+00:00"
    assert str(row.period_until) == "2026-04-14 15:00:00+00:00"


def test_what_cannot_be_rated_is_a_row_that_says_why(story: Story, plan: Plan, meter: Meter):
    customer(story, plan, "Acme", used="5")
    version = drafts(story, plan, flat("10.00"))
    simulation = back_tests(story, version, "2026-03")
    assert found(simulation) == [("Acme", "usage_without_price")]
    assert (simulation.outcome.unrated_count, simulation.outcome.totals) == (1, [])


def test_nothing_but_the_simulation_is_written(story: Story, plan: Plan, meter: Meter):
    customer(story, plan, "Acme", used="5")
    story.runs_billing()
    version = drafts(story, plan, per_unit(meter, "2.00"), flat("20.00"))
    tables = (Invoice.objects, InvoiceLine.objects, Journal.objects, Invoice.history)
    before = [rows.count() for rows in tables]
    back_tests(story, version, "2026-03")
    assert [rows.count() for rows in tables] == before


def test_a_simulation_says_what_it_is_for(story: Story, plan: Plan, meter: Meter):
    version = drafts(story, plan, flat("20.00"))
    unsaid = asked(story) | {"reason": " "}
    with pytest.raises(ReasonMissing):
        simulations.back_test(version=version, month=story.at.date(), **unsaid)
    assert not Simulation.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE whatif_simulationrow SET delta_minor = 0",
        "DELETE FROM whatif_simulationrow",
        "UPDATE whatif_simulation SET payload = '{}'",
        "UPDATE whatif_simulationoutcome SET row_count = 0",
    ],
)
def test_the_database_keeps_what_was_found(story: Story, plan: Plan, meter: Meter, change: str):
    customer(story, plan, "Acme", used="5")
    back_tests(story, drafts(story, plan, per_unit(meter, "2"), flat("10.00")), "2026-03")
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)


def test_the_digest_is_that_of_every_stored_row(story: Story, plan: Plan, meter: Meter):
    customer(story, plan, "Acme", used="5")
    customer(story, plan, "Globex", used="7")
    version = drafts(story, plan, per_unit(meter, "2.00"), flat("33.33"))
    simulation = back_tests(story, version, "2026-03")
    assert queries.content_of(simulation) == simulation.outcome.content_sha256
    again = back_tests(story, version, "2026-03")
    assert again.outcome.content_sha256 == simulation.outcome.content_sha256
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE whatif_simulationrow DISABLE TRIGGER USER")
        cursor.execute("UPDATE whatif_simulationrow SET description = 'x' WHERE position = 1")
        cursor.execute("ALTER TABLE whatif_simulationrow ENABLE TRIGGER USER")
    assert queries.content_of(simulation) != simulation.outcome.content_sha256


def test_its_rows_are_paged_and_summed_by_account(story: Story, plan: Plan, meter: Meter):
    customer(story, plan, "Acme", used="5")
    customer(story, plan, "Globex", used="100")
    version = drafts(story, plan, per_unit(meter, "2.00"), flat("20.00"))
    simulation = back_tests(story, version, "2026-03")
    page = queries.difference_rows(simulation.public_id, position=Position())
    assert [(row.account.name, row.description) for row in page.rows] == [
        ("Acme", "requests"),
        ("Acme", "Platform fee"),
        ("Globex", "requests"),
        ("Globex", "Platform fee"),
    ]
    later = queries.difference_rows(simulation.public_id, position=Position(after="3"))
    assert [row.position for row in later.rows] == [4]
    sums = queries.account_differences(simulation.public_id)
    assert [(each.account.name, str(each.delta.amount), each.row_count) for each in sums] == [
        ("Globex", "110.00", 2),
        ("Acme", "15.00", 2),
    ]
    (listed,) = queries.simulations(position=Position()).rows
    assert listed.outcome is not None
    assert str(listed.outcome.totals[0].delta.amount) == "125.00"
    with pytest.raises(queries.SimulationNotFound):
        queries.simulation("sim_none")


def test_more_accounts_cost_no_more_queries(story: Story, plan: Plan, meter: Meter):
    few = [customer(story, plan, f"Few{n}", used="1").account for n in range(2)]
    for n in range(10):
        customer(story, plan, f"Many{n}", used="1")
    version = drafts(story, plan, per_unit(meter, "2.00"), flat("20.00"))
    counts = []
    for accounts in (few, few, None):
        with CaptureQueriesContext(connection) as captured:
            back_tests(story, version, "2026-03", accounts=accounts)
        counts.append(len(captured))
    assert counts[1] == counts[2] <= 54
    assert SimulationOutcome.objects.count() == 3
    assert SimulationRow.objects.filter(simulation=Simulation.objects.latest("pk")).count() == 24
