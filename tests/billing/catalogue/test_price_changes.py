"""A change of price within a period: the day is the customer's, the split is exact."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.catalogue.models import Plan
from billing.catalogue.operations import plans
from billing.catalogue.operations.plans import PriceTerms
from billing.contracts.billability import BillableGate
from billing.contracts.operations import subscriptions
from billing.invoicing.drafting.calendar import AccountPeriod
from billing.invoicing.drafting.rated import rated_drafts
from billing.publishing.queries.publication import ExistingBilled
from core.periods import Period
from tests.billing.catalogue.changes import revises
from tests.billing.prices import dyno_month, dyno_seconds, flat, per_unit, requests
from tests.people import ADA
from tests.story import WHY, Customer, Story, instant, lines, statement
from usage.models import Meter


def calls(meter: Meter, **document: Any) -> PriceTerms:
    return PriceTerms(code="calls", name="Calls", meter=meter, definition=document)


def tiered(meter: Meter, *prices: str) -> PriceTerms:
    """Up to 100 at the first price, above at the second."""
    first, above = prices
    tiers = [{"up_to": "100", "unit_price": first}, {"unit_price": above}]
    return calls(meter, model="graduated", tiers=tiers)


def subscriber(story: Story, plan: Plan, name: str = "Acme", **options: Any) -> Customer:
    customer = story.account(name, **options)
    customer.app(f"{name.lower()}-web")
    customer.subscribes(plan)
    return customer


def used(customer: Customer, *days_and_quantities: tuple[str, str]) -> None:
    """Report requests of the account's app, on the first of May."""
    customer.story.on("2026-05-01")
    app = f"{customer.account.name.lower()}-web"
    for day, quantity in days_and_quantities:
        customer.uses("router.requests", app, day, quantity=quantity)


def test_wI9_existing_subscribers_keep_the_old_price_until_their_own_date(story: Story):
    plan = story.plan("team", flat("20.00"))
    early = subscriber(story.on("2026-01-01"), plan)
    revises(story.on("2026-02-01"), plan, flat("30.00"), existing_from="2026-04-01")
    new = subscriber(story, plan, "Globex")
    story.on("2026-05-01").runs_billing()
    assert [invoice.total_minor for invoice in early.invoices] == [2000, 2000, 2000, 3000]
    assert [invoice.total_minor for invoice in new.invoices] == [3000, 3000, 3000]


def test_without_a_date_existing_subscribers_keep_their_price_for_ever(story: Story):
    plan = story.plan("team", flat("20.00"))
    acme = subscriber(story.on("2026-01-01"), plan)
    revises(story.on("2026-01-02"), plan, flat("30.00"))
    story.on("2026-04-01").runs_billing()
    assert [invoice.total_minor for invoice in acme.invoices] == [2000, 2000, 2000]


def test_a_fee_that_changes_within_the_month_is_due_for_each_second(story: Story):
    plan = story.plan("team", flat("30.00"))
    acme = subscriber(story.on("2026-04-01"), plan)
    revises(story.on("2026-04-02"), plan, flat("60.00"), existing_from="2026-04-11")
    story.on("2026-05-01").runs_billing()
    assert acme.statement == lines("""
        Platform fee  1  10.00
        Platform fee  1  40.00
        total  50.00
    """)
    spans = acme.invoice.lines.values_list("period_from", "period_until")
    assert [(str(start.date()), str(end.date())) for start, end in spans] == [
        ("2026-04-01", "2026-04-11"),
        ("2026-04-11", "2026-05-01"),
    ]


def test_the_day_begins_at_the_accounts_own_midnight(story: Story):
    meter = requests(story)
    plan = story.plan("calls", per_unit(meter, "0.01"))
    acme = subscriber(story.on("2026-03-01T08:00"), plan, zone="America/Los_Angeles")
    revises(story, plan, per_unit(meter, "0.02"), existing_from="2026-03-16")
    used(acme, ("2026-03-16T06:59:59", "100"), ("2026-03-16T07:00:00", "100"))
    story.runs_billing()
    assert acme.statement == lines("""
        requests  100  1.00
        requests  100  2.00
        total  3.00
    """)


def test_tiers_go_on_where_the_old_price_ended(story: Story):
    meter = requests(story)
    plan = story.plan("calls", tiered(meter, "0.10", "0.05"))
    acme = subscriber(story.on("2026-04-01"), plan)
    revises(story, plan, tiered(meter, "0.20", "0.10"), existing_from="2026-04-16")
    used(acme, ("2026-04-02", "80"), ("2026-04-20", "50"))
    story.runs_billing()
    # 80 × 0.10, then 20 × 0.20 to the end of the tier and 30 × 0.10 above it.
    assert acme.statement == lines("""
        Calls  80  8.00
        Calls  50  7.00
        total  15.00
    """)


def test_an_allowance_used_up_before_the_change_is_used_up_after_it(story: Story):
    meter = requests(story)
    old, new = (calls(meter, model="per_unit", unit_price=p, included="100") for p in ("1", "2"))
    plan = story.plan("calls", old)
    acme = subscriber(story.on("2026-04-01"), plan)
    revises(story, plan, new, existing_from="2026-04-16")
    used(acme, ("2026-04-02", "90"), ("2026-04-20", "30"))
    story.runs_billing()
    assert acme.statement == lines("""
        Calls  20  40.00
        total  40.00
    """)


def test_a_package_begun_before_the_change_is_not_billed_again(story: Story):
    meter = requests(story)
    old, new = (calls(meter, model="package", size="10", price=price) for price in ("15", "18"))
    plan = story.plan("calls", old)
    acme = subscriber(story.on("2026-04-01"), plan)
    revises(story, plan, new, existing_from="2026-04-16")
    used(acme, ("2026-04-02", "17"), ("2026-04-20", "5"))
    story.runs_billing()
    assert acme.statement == lines("""
        Calls  2  30.00
        Calls  1  18.00
        total  48.00
    """)


def test_a_cap_counts_what_was_billed_before_the_change(story: Story):
    meter = requests(story)
    old, new = (
        calls(meter, model="per_unit", unit_price=price, maximum="100.00") for price in ("1", "2")
    )
    plan = story.plan("calls", old)
    acme = subscriber(story.on("2026-04-01"), plan)
    revises(story, plan, new, existing_from="2026-04-16")
    used(acme, ("2026-04-02", "70"), ("2026-04-20", "50"))
    story.runs_billing()
    assert acme.statement == lines("""
        Calls  70  70.00
        Calls  50  100.00
        Calls · cap  1  -70.00
        total  100.00
    """)


def test_a_cap_of_the_account_counts_apps_that_stopped_before_the_change(story: Story):
    meter = requests(story)
    limit = {"amount": "100.00", "per": "account"}
    old, new = (
        PriceTerms(
            "calls",
            "Calls",
            {"model": "per_unit", "unit_price": price, "maximum": limit},
            meter,
            group_by=["resource"],
        )
        for price in ("1", "2")
    )
    plan = story.plan("calls", old)
    acme = subscriber(story.on("2026-04-01"), plan)
    acme.app("acme-api")
    revises(story, plan, new, existing_from="2026-04-16")
    used(acme, ("2026-04-02", "70"))
    acme.uses("router.requests", "acme-api", "2026-04-20", quantity="50")
    story.on("2026-05-01").runs_billing()
    assert acme.invoice.total_minor == 10_000


def test_wB9_a_minimum_is_due_with_the_last_part_only(story: Story):
    meter = requests(story)
    old, new = (
        calls(meter, model="per_unit", unit_price="1", minimum=minimum)
        for minimum in ("50.00", "1000.00")
    )
    plan = story.plan("calls", old)
    acme = subscriber(story.on("2026-04-01"), plan)
    revises(story, plan, new, existing_from="2026-04-16")
    used(acme, ("2026-04-02", "100"))
    story.runs_billing()
    assert acme.statement == lines("""
        Calls  100  100.00
        Calls  0  0.00
        Calls · true up  1  900.00
        total  1000.00
    """)


def test_wB20_a_volume_price_is_worked_out_by_the_terms_at_the_end(story: Story):
    meter = requests(story)
    tables = [
        [{"up_to": "100", "unit_price": first}, {"unit_price": above}]
        for first, above in (("1.00", "0.90"), ("2.00", "1.50"))
    ]
    old, new = (calls(meter, model="volume", tiers=tiers) for tiers in tables)
    plan = story.plan("calls", old)
    acme = subscriber(story.on("2026-04-01"), plan)
    revises(story, plan, new, existing_from="2026-04-16")
    used(acme, ("2026-04-02", "80"), ("2026-04-20", "50"))
    story.runs_billing()
    assert acme.statement == lines("""
        Calls  130  195.00
        total  195.00
    """)


def test_from_a_volume_price_to_tiers_nothing_is_lost(story: Story):
    meter = requests(story)
    old = calls(meter, model="volume", tiers=[{"unit_price": "1.00"}])
    plan = story.plan("calls", old)
    acme = subscriber(story.on("2026-04-01"), plan)
    revises(story, plan, tiered(meter, "0.10", "0.05"), existing_from="2026-04-16")
    used(acme, ("2026-04-02", "80"), ("2026-04-20", "50"))
    story.runs_billing()
    assert acme.statement == "Calls  130  11.50\ntotal  11.50"


def test_from_tiers_to_a_volume_price_what_was_billed_is_taken_back(story: Story):
    meter = requests(story)
    plan = story.plan("calls", tiered(meter, "0.10", "0.05"))
    acme = subscriber(story.on("2026-04-01"), plan)
    new = calls(meter, model="volume", tiers=[{"unit_price": "1.00"}])
    revises(story, plan, new, existing_from="2026-04-16")
    used(acme, ("2026-04-02", "80"), ("2026-04-20", "50"))
    story.runs_billing()
    assert acme.statement == lines("""
        Calls  80  8.00
        Calls · reversal  1  -8.00
        Calls  130  130.00
        total  130.00
    """)


@pytest.mark.parametrize("existing_from", ["2026-04-02", "2026-04-16", "2026-04-30"])
def test_a_version_with_the_same_price_changes_no_line(story: Story, existing_from: str):
    meter = requests(story)
    prices = [tiered(meter, "0.10", "0.05"), flat("10.00")]
    plan = story.plan("calls", *prices)
    acme = subscriber(story.on("2026-04-01"), plan)
    revises(story, plan, *prices, existing_from=existing_from)
    used(acme, ("2026-04-02T11:00", "80"), ("2026-04-20", "50"), ("2026-04-30T23:59", "1"))
    story.runs_billing()
    assert acme.statement == lines("""
        Calls  131  11.55
        Platform fee  1  10.00
        total  21.55
    """)


def test_a_dyno_is_priced_by_the_second_on_both_sides_of_the_change(story: Story):
    meter = dyno_seconds(story)
    plan = story.plan("heroku", dyno_month(meter, "standard-1x", "30.00"))
    acme = subscriber(story.on("2026-04-01"), plan)
    revises(story, plan, dyno_month(meter, "standard-1x", "60.00"), existing_from="2026-04-11")
    acme.scales("acme-web", "standard-1x", "1", at="2026-04-01T00:00")
    story.on("2026-05-01").runs_billing()
    assert [line.amount_minor for line in acme.invoice.lines.order_by("position")] == [1000, 4000]


def test_a_version_that_adds_a_meter_bills_it_from_its_day_on(story: Story):
    meter = requests(story)
    plan = story.plan("calls", flat("10.00"))
    acme = subscriber(story.on("2026-04-01"), plan)
    revises(story, plan, flat("10.00"), per_unit(meter, "1"), existing_from="2026-04-16")
    gate = BillableGate()
    story.on("2026-05-01")
    early, late = (
        story.sends(
            {
                "type": "router.requests",
                "subject": "acme-web",
                "time": instant(day).isoformat(),
                "data": {"quantity": "3"},
            },
            gate=gate,
        )[0]
        for day in ("2026-04-15T23:59:59", "2026-04-16T00:00:00")
    )
    assert (early.code, late.outcome) == ("no_price", "accepted")
    story.runs_billing()
    assert acme.invoice.total_minor == 1300


def test_wD8_a_change_of_plan_bills_each_for_its_days(story: Story):
    plan_a = story.plan("a", flat("100.00"))
    plan_b = story.plan("b", flat("200.00"))
    acme = story.on("2026-01-01").account("Acme")
    first = acme.subscribes(plan_a)
    subscriptions.end(subscription=first, at=instant("2026-01-15"), by=ADA, reason=WHY)
    story.on("2026-01-15")
    acme.subscribes(plan_b)
    story.on("2026-02-01").runs_billing()
    assert [line.amount_minor for line in acme.invoice.lines.order_by("position")] == [4516, 10968]


@pytest.mark.parametrize(
    ("before", "after", "due"),
    [("10.00", "20.00", 500), ("20.00", "50.00", 1500)],
    ids=["wD16", "wD17"],
)
def test_halfway_through_the_period_the_change_costs_half_the_difference(
    story: Story, before: str, after: str, due: int
):
    plan = story.plan("team", flat(before))
    acme = subscriber(story.on("2026-04-01"), plan)
    revises(story, plan, flat(after), existing_from="2026-04-16")
    story.on("2026-05-01").runs_billing()
    assert acme.invoice.total_minor - int(float(before) * 100) == due


def test_wH17_usage_before_a_change_of_plan_in_mid_day_has_the_old_price(story: Story):
    meter = requests(story)
    small = story.plan("small", per_unit(meter, "1"))
    large = story.plan("large", per_unit(meter, "3"))
    acme = story.on("2026-04-01").account("Acme")
    acme.app("acme-web")
    first = acme.subscribes(small)
    subscriptions.end(subscription=first, at=instant("2026-04-16T10:30"), by=ADA, reason=WHY)
    story.on("2026-04-16T10:30")
    acme.subscribes(large)
    used(acme, ("2026-04-16T10:29:59.999999", "10"), ("2026-04-16T10:30", "100"))
    story.runs_billing()
    assert acme.statement == "requests  10  10.00\nrequests  100  300.00\ntotal  310.00"


def test_usage_between_two_subscriptions_is_nobodys(story: Story):
    meter = dyno_seconds(story)
    plan = story.plan("heroku", dyno_month(meter, "standard-1x", "30.00"))
    acme = story.on("2026-04-01").account("Acme")
    acme.app("acme-web")
    acme.subscribes(plan, until="2026-04-11")
    acme.scales("acme-web", "standard-1x", "1", at="2026-04-01T00:00")
    story.on("2026-04-21T12:00")
    acme.subscribes(plan)
    story.on("2026-05-01").runs_billing()
    assert [line.amount_minor for line in acme.invoice.lines.order_by("position")] == [1000, 950]


def test_a_price_by_level_that_is_prorated_is_due_for_each_part_of_its_time(story: Story):
    seats = story.meter("seats", aggregation="latest")

    def seat(price: str) -> PriceTerms:
        document = {"model": "per_unit", "unit_price": price, "proration": "second"}
        return PriceTerms("seats", "Seats", document, seats)

    plan = story.plan("team", seat("10.00"))
    acme = subscriber(story.on("2026-04-01"), plan)
    revises(story, plan, seat("20.00"), existing_from="2026-04-16")
    story.on("2026-05-01")
    acme.uses("seats", "acme-web", "2026-04-02", quantity="3")
    story.runs_billing()
    assert [line.amount_minor for line in acme.invoice.lines.order_by("position")] == [1500, 3000]


def test_a_later_version_may_move_subscribers_sooner_but_never_back(story: Story):
    plan = story.plan("team", flat("10.00"))
    acme = subscriber(story.on("2026-01-01"), plan)
    revises(story, plan, flat("20.00"), existing_from="2026-04-01")
    revises(story.on("2026-01-02"), plan, flat("30.00"), existing_from="2026-03-01")
    story.on("2026-06-01").runs_billing()
    assert [i.total_minor // 100 for i in acme.invoices] == [10, 10, 30, 30, 30]


def test_a_day_that_is_on_an_issued_invoice_is_refused(story: Story):
    plan = story.plan("team", flat("10.00"))
    subscriber(story.on("2026-01-01"), plan)
    story.on("2026-03-01").runs_billing()
    with pytest.raises(ExistingBilled, match="until 2026-03-01 00:00 UTC"):
        revises(story.on("2026-01-15"), plan, flat("20.00"), existing_from="2026-02-28")
    revises(story, plan, flat("20.00"), existing_from="2026-03-01")


def test_existing_subscribers_cannot_move_before_new_ones_get_the_version(story: Story):
    plan = story.plan("team", flat("10.00"))
    with pytest.raises(plans.ExistingBeforeNew):
        revises(story.on("2026-03-02"), plan, flat("20.00"), existing_from="2026-03-01")


def test_a_retired_plan_is_billed_on_but_not_sold(story: Story):
    plan = story.plan("team", flat("10.00"))
    acme = subscriber(story.on("2026-03-01"), plan)
    retired = plans.retire_plan(plan=plan, at=story.at, by=ADA, reason=WHY)
    with pytest.raises(subscriptions.PlanRetired):
        story.account("Globex").subscribes(retired)
    story.on("2026-04-01").runs_billing()
    assert acme.invoice.total_minor == 1000


def test_rating_split_periods_costs_the_queries_of_whole_ones(story: Story):
    meter = requests(story)
    plan = story.plan("calls", per_unit(meter, "1"), flat("10.00"))
    customers = [subscriber(story.on("2026-04-01"), plan, name) for name in "ABCDEF"]
    revises(story, plan, per_unit(meter, "2"), flat("20.00"), existing_from="2026-04-16")
    for customer in customers:
        used(customer, ("2026-04-02", "1"), ("2026-04-20", "1"))
    april = Period(instant("2026-04-01"), instant("2026-05-01"))
    scopes = [AccountPeriod(each.account.pk, april, "UTC") for each in customers]
    counts = []
    for some in (scopes[:1], scopes):
        rated_drafts(some)  # reads the versions into the book
        with CaptureQueriesContext(connection) as captured:
            assert len(rated_drafts(some)) == len(some)
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 14


def test_invoices_tell_what_each_part_came_to(story: Story):
    meter = requests(story)
    plan = story.plan("calls", tiered(meter, "0.10", "0.05"))
    acme = subscriber(story.on("2026-04-01"), plan)
    revises(story, plan, tiered(meter, "0.20", "0.10"), existing_from="2026-04-16")
    used(acme, ("2026-04-02", "80"), ("2026-04-20", "50"))
    story.runs_billing()
    first, second = acme.invoice.lines.order_by("position")
    assert second.key == f"{first.key}@2026-04-16T00:00:00Z"
    assert second.explanation[1]["already_billed"] == {
        "quantity": "80",
        "events": 0,
        "amount": "8",
    }
    assert statement(acme.invoice).count("Calls") == 2
